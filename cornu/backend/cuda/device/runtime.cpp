#include "cornu/backend/cuda/device/runtime.h"

#include <unistd.h>

#include "cornu/backend/cuda/device/memory.h"
#include "cornu/backend/cuda/device/trace.h"
#include "cornu/backend/cuda/library/calls.h"
#include "cornu/backend/cuda/library/nvtx.h"

namespace cornu::cuda {
namespace {

class Graph final : public devices::Runtime::Recording {
 public:
  Graph(const Stream& stream, CUgraph graph) : stream_(stream) {
    const CUresult result = driver().cuGraphInstantiateWithFlags(&executable_, graph, 0);
    driver().cuGraphDestroy(graph);
    must(result, "cuGraphInstantiate");
  }
  ~Graph() override {
    stream_.gpu().make_current_if_possible();
    driver().cuGraphExecDestroy(executable_);
  }
  void launch() override {
    stream_.gpu().make_current();
    CORNU_DRIVER_CALL(cuGraphLaunch, executable_, stream_.handle());
  }

 private:
  const Stream& stream_;
  CUgraphExec executable_ = nullptr;
};

class EventMark final : public devices::Runtime::Mark {
 public:
  explicit EventMark(const Stream& stream) : stream_(stream), event_(stream.gpu()) {}
  void set() override { event_.record(stream_); }
  bool has_passed() override { return event_.has_passed(); }
  void wait() override { event_.wait(); }
  const Event& event() const { return event_; }

 private:
  const Stream& stream_;
  Event event_;
};

std::size_t host_memory() {
  return static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

Runtime::Runtime(Gpu& gpu, devices::Allocator& memory, int priority)
    : gpu_(gpu),
      memory_(memory),
      pinned_(cuda::pinned_memory(gpu), {.device = "the host's pinned memory", .limit = host_memory()}, pinned_bytes_),
      stream_(gpu, priority),
      copies_(gpu, priority),
      copied_(gpu),
      architecture_(10 * gpu.attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) +
                    gpu.attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)) {
  connect_to_profiler();
}

void Runtime::start_copy_in(uintptr_t to, const void* from, std::size_t bytes) {
  if (bytes == 0) return;
  gpu_.make_current();
  CORNU_DRIVER_CALL(cuMemcpyHtoDAsync_v2, to, from, bytes, stream_.handle());
}

// The driver may, but need not, have taken a copy of its own when the call returns.
void Runtime::copy_in(uintptr_t to, const void* from, std::size_t bytes) {
  start_copy_in(to, from, bytes);
  wait();
}

void Runtime::start_copy_out(void* to, uintptr_t from, std::size_t bytes) {
  if (bytes == 0) return;
  gpu_.make_current();
  CORNU_DRIVER_CALL(cuMemcpyDtoHAsync_v2, to, from, bytes, stream_.handle());
}

void Runtime::copy_out(void* to, uintptr_t from, std::size_t bytes) {
  start_copy_out(to, from, bytes);
  wait();
}

std::unique_ptr<devices::Runtime::Mark> Runtime::mark() { return std::make_unique<EventMark>(stream_); }

void Runtime::copy_in_beside(uintptr_t to, const void* from, std::size_t bytes, const Mark& behind) {
  gpu_.make_current();
  static_cast<const EventMark&>(behind).event().hold_back(copies_);
  CORNU_DRIVER_CALL(cuMemcpyHtoDAsync_v2, to, from, bytes, copies_.handle());
  copied_.record(copies_);
  copied_.hold_back(stream_);
}

void Runtime::copy(uintptr_t to, uintptr_t from, std::size_t bytes) {
  gpu_.make_current();
  CORNU_DRIVER_CALL(cuMemcpyDtoDAsync_v2, to, from, bytes, stream_.handle());
}

void Runtime::clear(uintptr_t at, std::size_t bytes) {
  gpu_.make_current();
  CORNU_DRIVER_CALL(cuMemsetD8Async, at, 0, bytes, stream_.handle());
}

std::shared_ptr<void> Runtime::trace() { return trace_cards(); }

std::unique_ptr<devices::Runtime::Recording> Runtime::record(const std::function<void()>& work) {
  const auto alone = gpu_.recording();
  gpu_.make_current();
  CORNU_DRIVER_CALL(cuStreamBeginCapture_v2, stream_.handle(), CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
  CUgraph graph = nullptr;
  try {
    work();
  } catch (...) {
    driver().cuStreamEndCapture(stream_.handle(), &graph);
    if (graph) driver().cuGraphDestroy(graph);
    throw;
  }
  CORNU_DRIVER_CALL(cuStreamEndCapture, stream_.handle(), &graph);
  return std::make_unique<Graph>(stream_, graph);
}

}  // namespace cornu::cuda

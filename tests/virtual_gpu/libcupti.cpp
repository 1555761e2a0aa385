// libcupti.so.13: records of what the virtual GPU does. Buffers are small, so that several are asked for.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <mutex>
#include <set>

#include "cornu/backend/cuda/library/cupti.h"
#include "tests/virtual_gpu/others.h"
#include "tests/virtual_gpu/script.h"

namespace cornu::cuda {
namespace {

using virtual_gpu::Activity;
using virtual_gpu::violation;

constexpr std::size_t kMostOfABuffer = 4096;

struct Profiler {
  std::recursive_mutex mutex;
  CuptiBufferRequested requested = nullptr;
  CuptiBufferCompleted completed = nullptr;
  std::set<CUpti_ActivityKind> enabled;
  std::set<std::string> names;  // of kernels: they stay
  std::uint8_t* buffer = nullptr;
  std::size_t bytes = 0, used = 0;
};
Profiler& profiler() {
  static auto* instance = new Profiler;
  return *instance;
}

std::size_t size_of(CUpti_ActivityKind kind) {
  switch (kind) {
    case CUPTI_ACTIVITY_KIND_MEMCPY: return sizeof(CUpti_ActivityMemcpy);
    case CUPTI_ACTIVITY_KIND_MEMSET: return sizeof(CUpti_ActivityMemset);
    case CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL: return sizeof(CUpti_ActivityKernel);
  }
  violation("CUPTI: a record of a kind that does not exist");
}

void complete() {
  Profiler& p = profiler();
  if (!p.buffer) return;
  std::uint8_t* const buffer = std::exchange(p.buffer, nullptr);
  p.completed(nullptr, 0, buffer, p.bytes, std::exchange(p.used, 0));
}

template <class Record>
void put(Record record, const Activity& activity) {
  Profiler& p = profiler();
  if (!p.enabled.contains(record.kind)) return;
  record.start = activity.begin;
  record.end = activity.end;
  record.deviceId = activity.device;
  record.contextId = 1;
  record.streamId = activity.stream;
  if (p.buffer && p.used + sizeof record > std::min(p.bytes, kMostOfABuffer)) complete();
  if (!p.buffer) {
    std::size_t most = 0;
    p.requested(&p.buffer, &p.bytes, &most);
    if (reinterpret_cast<uintptr_t>(p.buffer) % 8) violation("CUPTI: a buffer does not lie at 8 bytes");
    if (!p.buffer || p.bytes < sizeof record) return;
  }
  std::memcpy(p.buffer + p.used, &record, sizeof record);
  p.used += sizeof record;
}

void note(const Activity& activity) {
  Profiler& p = profiler();
  const std::lock_guard lock(p.mutex);
  switch (activity.kind) {
    case Activity::Kind::kernel: {
      CUpti_ActivityKernel kernel{.kind = CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL};
      kernel.name = p.names.insert(activity.name).first->c_str();
      return put(kernel, activity);
    }
    case Activity::Kind::copy:
      return put(CUpti_ActivityMemcpy{.kind = CUPTI_ACTIVITY_KIND_MEMCPY,
                                      .copyKind = static_cast<CUpti_ActivityMemcpyKind>(activity.copy_kind),
                                      .bytes = activity.bytes},
                 activity);
    case Activity::Kind::fill:
      return put(CUpti_ActivityMemset{.kind = CUPTI_ACTIVITY_KIND_MEMSET, .bytes = activity.bytes}, activity);
    case Activity::Kind::none: return;
  }
}

}  // namespace

#define ENTER(symbol)                                                                               \
  if (const unsigned answer = virtual_gpu::enter(#symbol)) return static_cast<CUptiResult>(answer); \
  const std::lock_guard lock(profiler().mutex)

extern "C" {

VIRTUAL_GPU_EXPORT CUptiResult cuptiGetVersion(std::uint32_t* version) {
  ENTER(cuptiGetVersion);
  return *version = 130001, CUPTI_SUCCESS;
}
VIRTUAL_GPU_EXPORT CUptiResult cuptiGetTimestamp(std::uint64_t* now) {
  ENTER(cuptiGetTimestamp);
  return *now = static_cast<std::uint64_t>(std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count()),
         CUPTI_SUCCESS;
}
VIRTUAL_GPU_EXPORT CUptiResult cuptiGetResultString(CUptiResult, const char** text) {
  ENTER(cuptiGetResultString);
  return *text = "CUPTI_ERROR_INSUFFICIENT_PRIVILEGES", CUPTI_SUCCESS;
}
VIRTUAL_GPU_EXPORT CUptiResult cuptiActivityRegisterCallbacks(CuptiBufferRequested requested, CuptiBufferCompleted completed) {
  ENTER(cuptiActivityRegisterCallbacks);
  profiler().requested = requested;
  profiler().completed = completed;
  return CUPTI_SUCCESS;
}
VIRTUAL_GPU_EXPORT CUptiResult cuptiActivityEnable(CUpti_ActivityKind kind) {
  ENTER(cuptiActivityEnable);
  if (!profiler().requested) violation("CUPTI: activities without callbacks");
  if (profiler().enabled.empty()) virtual_gpu::others().observe(note);
  profiler().enabled.insert(kind);
  return CUPTI_SUCCESS;
}
VIRTUAL_GPU_EXPORT CUptiResult cuptiActivityDisable(CUpti_ActivityKind kind) {
  ENTER(cuptiActivityDisable);
  profiler().enabled.erase(kind);
  return CUPTI_SUCCESS;
}
VIRTUAL_GPU_EXPORT CUptiResult cuptiActivityFlushAll(std::uint32_t) {
  ENTER(cuptiActivityFlushAll);
  complete();
  return CUPTI_SUCCESS;
}
VIRTUAL_GPU_EXPORT CUptiResult cuptiActivityGetNextRecord(std::uint8_t* buffer, std::size_t bytes, CUpti_Activity** record) {
  ENTER(cuptiActivityGetNextRecord);
  auto* next = *record ? reinterpret_cast<std::uint8_t*>(*record) + size_of((*record)->kind) : buffer;
  if (next >= buffer + bytes) return CUPTI_ERROR_MAX_LIMIT_REACHED;
  return *record = reinterpret_cast<CUpti_Activity*>(next), CUPTI_SUCCESS;
}

}  // extern "C"
}  // namespace cornu::cuda

#pragma once

#include <map>
#include <mutex>

#include "cornu/backend/cuda/device/stream.h"
#include "cornu/device/runtime.h"

namespace cornu::cuda {

// A logical device's order of work: what kernels are given.
class Runtime final : public devices::Runtime {
 public:
  // The allocator outlives it.
  Runtime(Gpu& gpu, devices::Allocator& memory, int priority = 0);

  devices::Allocator& memory() override { return memory_; }
  void* handle() override { return this; }
  void copy_in(uintptr_t to, const void* from, std::size_t bytes) override;
  void copy_out(void* to, uintptr_t from, std::size_t bytes) override;
  void wait() override { stream_.wait(); }
  devices::Allocator& pinned_memory() override { return pinned_; }
  void start_copy_in(uintptr_t to, const void* from, std::size_t bytes) override;
  void start_copy_out(void* to, uintptr_t from, std::size_t bytes) override;
  std::unique_ptr<Mark> mark() override;
  void copy_in_beside(uintptr_t to, const void* from, std::size_t bytes, const Mark& behind) override;
  void copy(uintptr_t to, uintptr_t from, std::size_t bytes) override;
  void clear(uintptr_t at, std::size_t bytes) override;
  std::unique_ptr<Recording> record(const std::function<void()>& work) override;
  std::shared_ptr<void> trace() override;

  const Stream& stream() const { return stream_; }
  const Gpu& gpu() const { return gpu_; }
  int architecture() const { return architecture_; }

 private:
  Gpu& gpu_;
  devices::Allocator& memory_;
  devices::MemoryStats pinned_bytes_;
  devices::Allocator pinned_;
  const Stream stream_, copies_;  // copies_: those beside the work
  Event copied_;
  const int architecture_;
};

}  // namespace cornu::cuda

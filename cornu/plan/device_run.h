#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "cornu/device/runtime.h"
#include "cornu/ir/lowering.h"
#include "cornu/plan/exchange.h"

namespace cornu::plan {

// The host's side of an exchange: written before a run, read when the mark behind it has passed.
struct ExchangeBuffer {
  devices::Allocator::Piece memory;
  std::unique_ptr<devices::Runtime::Mark> mark;
  std::byte* bytes() const { return reinterpret_cast<std::byte*>(memory.address()); }
};

// A run that was given to a device, which may still be at it. Any number of threads may finish it.
class DeviceRun {
 public:
  // `failure_is_seen` is set when somebody was told that the status word was set.
  DeviceRun(std::shared_ptr<const Program> program, std::shared_ptr<const Exchange> exchange,
            std::shared_ptr<ExchangeBuffer> buffer, std::span<void* const> results,
            std::shared_ptr<std::atomic<bool>> failure_is_seen);
  bool is_over();
  // Waits for it, and writes its results where they were wanted. DeviceError where the device is lost.
  void finish();
  // Of a run that is finished.
  const ir::StatusWord& seen_status() const;

 private:
  const std::shared_ptr<const Program> program_;
  const std::shared_ptr<const Exchange> exchange_;
  const std::shared_ptr<ExchangeBuffer> buffer_;
  const std::vector<void*> results_;
  const std::shared_ptr<std::atomic<bool>> failure_is_seen_;
  std::mutex mutex_;
  bool is_over_ = false;
  ir::StatusWord status_;
};

}  // namespace cornu::plan

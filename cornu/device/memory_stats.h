#pragma once

#include <atomic>
#include <cstdint>

#include "cornu/device/device.h"

namespace cornu::devices {

// What a logical device's allocator has handed out. Counting is lock-free; current and peak are each exact.
class MemoryStats {
 public:
  void add(int64_t bytes) {
    const int64_t now = current_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    int64_t seen = peak_.load(std::memory_order_relaxed);
    while (now > seen && !peak_.compare_exchange_weak(seen, now, std::memory_order_relaxed)) {
    }
  }
  void remove(int64_t bytes) { current_.fetch_sub(bytes, std::memory_order_relaxed); }
  void reset_peak() { peak_.store(current_.load(std::memory_order_relaxed), std::memory_order_relaxed); }
  config::MemoryInfo info() const { return {current_.load(std::memory_order_relaxed), peak_.load(std::memory_order_relaxed)}; }

 private:
  std::atomic<int64_t> current_{0};
  std::atomic<int64_t> peak_{0};
};

}  // namespace cornu::devices

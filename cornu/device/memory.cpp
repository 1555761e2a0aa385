#include "cornu/device/memory.h"

#include "cornu/device/lookup.h"

namespace cornu::memory {
namespace {

int64_t release(const devices::Device& device) {
  devices::Allocator* allocator = device.allocator_in_use();
  return allocator ? static_cast<int64_t>(allocator->release_cached()) : 0;
}

}  // namespace

Statistics get_statistics(std::string_view name) {
  const devices::Device& device = devices::device_named(name, "get_statistics");
  const config::MemoryInfo info = device.memory.info();
  Statistics statistics{.current = info.current, .peak = info.peak};
  const devices::Allocator* allocator = device.allocator_in_use();
  if (!allocator) return statistics;
  const devices::AllocatorStatistics now = allocator->statistics();
  statistics.cached = static_cast<int64_t>(now.cached);
  statistics.largest_free = static_cast<int64_t>(now.largest_free);
  statistics.limit = static_cast<int64_t>(now.limit);
  statistics.allocations = now.allocations;
  return statistics;
}

int64_t release_cached() {
  const devices::Context& context = devices::Context::current();
  int64_t bytes = 0;
  if (context.initialized())
    for (const auto& device : context.logical_devices()) bytes += release(*device);
  return bytes;
}

int64_t release_cached(std::string_view name) { return release(devices::device_named(name, "release_cached")); }

}  // namespace cornu::memory

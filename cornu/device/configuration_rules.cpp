#include "cornu/device/configuration_rules.h"

#include <algorithm>

#include "cornu/base/errors.h"

namespace cornu::devices {

using config::LogicalDeviceConfiguration;

namespace {

template <class Member>
bool on_some_only(const Configuration& list, Member member) {
  const auto given = std::ranges::count_if(list, [&](const auto& one) { return (one.*member).has_value(); });
  return given != 0 && given != std::ssize(list);
}

void check_cpu(const LogicalDeviceConfiguration& one) {
  if (one.memory_limit) throw ValueError("Setting memory limit on CPU virtual devices is currently not supported");
  if (one.experimental_priority)
    throw ValueError("Setting experimental_priority on CPU virtual  devices is currently not supported");
  if (one.experimental_device_ordinal)
    throw ValueError("Setting experimental_device_ordinal on CPU virtual  devices is currently not supported");
}

void check_gpu(int64_t total_memory, const Configuration& list) {
  for (const auto& one : list) {
    if (!one.memory_limit) throw ValueError("Setting memory limit is required for GPU virtual devices");
    if (!(*one.memory_limit > 0 && *one.memory_limit < double(1 << 30)))
      throw error<ValueError>(
          "The memory limit of a GPU virtual device must be a positive number of MB. Received: memory_limit={}",
          *one.memory_limit);
    if (total_memory > 0 && *limit_in_bytes(one) > total_memory)
      throw error<ValueError>(
          "The memory limit of a GPU virtual device cannot exceed what the GPU has, {} MB. Received: memory_limit={}",
          total_memory >> 20, *one.memory_limit);
  }
  if (on_some_only(list, &LogicalDeviceConfiguration::experimental_priority))
    throw ValueError("priority must be specified for all virtual devices");
  if (on_some_only(list, &LogicalDeviceConfiguration::experimental_device_ordinal))
    throw ValueError("device_ordinals must be specified for all virtual devices");
}

}  // namespace

void check_configuration(std::string_view type, int64_t total_memory, const Configuration& list) {
  if (type == "CPU") std::ranges::for_each(list, check_cpu);
  else if (type == "GPU") check_gpu(total_memory, list);
  else throw error<ValueError>("Virtual devices are not supported for {}", type);
}

std::optional<int64_t> limit_in_bytes(const LogicalDeviceConfiguration& one) {
  if (!one.memory_limit) return std::nullopt;
  return static_cast<int64_t>(*one.memory_limit * (1 << 20));
}

std::optional<int64_t> total_limit(const Configuration& configuration) {
  if (configuration.empty()) return std::nullopt;
  int64_t total = 0;
  for (const auto& one : configuration) {
    const auto limit = limit_in_bytes(one);
    if (!limit) return std::nullopt;
    total += *limit;
  }
  return total;
}

}  // namespace cornu::devices

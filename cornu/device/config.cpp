#include "cornu/device/config.h"

#include <algorithm>
#include <array>
#include <atomic>

#include "cornu/base/errors.h"
#include "cornu/device/context.h"
#include "cornu/device/device_spec.h"

namespace cornu {
namespace config {
namespace {

using devices::Context;

std::atomic<bool> soft_placement{true}, tensor_float_32{true}, op_determinism{false};
thread_local std::string device_policy = "silent";

Context& initialized(std::string_view by_what) {
  Context& context = Context::current();
  context.initialize(by_what);
  return context;
}

// "GPU:x" and "GPU" cannot be parsed; "cuda:0" can, and matches nothing.
bool ends_in_index(std::string_view name) {
  const size_t colon = name.rfind(':');
  return colon != std::string_view::npos && colon + 1 < name.size() &&
         std::ranges::all_of(name.substr(colon + 1), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<DeviceSpec> parse(std::string_view name) {
  try {
    return DeviceSpec::from_string(name);
  } catch (const ValueError&) {
    return std::nullopt;
  }
}

devices::Device& named(std::string_view name, std::string_view by_what) {
  if (!ends_in_index(name))
    throw error<ValueError>(
        "Failed parsing device name: '{}'. Note a valid device string should at least contain a device type and a "
        "device index, "
        "like \"GPU:0\".",
        name);
  const Context& context = initialized(by_what);
  const auto spec = parse(name);
  const bool local = spec && spec->job.value_or("localhost") == "localhost" && spec->replica.value_or(0) == 0 &&
                     spec->task.value_or(0) == 0;
  devices::Device* device =
      local && spec->device_type ? context.find(*spec->device_type, spec->device_index.value_or(-1)) : nullptr;
  if (!device) throw error<ValueError>("No matching devices found for '{}'", name);
  return *device;
}

}  // namespace

std::vector<PhysicalDevice> list_physical_devices(std::string_view device_type) {
  return Context::current().physical_devices(device_type);
}

std::vector<LogicalDevice> list_logical_devices(std::string_view device_type) {
  std::vector<LogicalDevice> result;
  for (const auto& device : initialized("list_logical_devices").logical_devices())
    if (device_type.empty() || device->logical.device_type == device_type) result.push_back(device->logical);
  return result;
}

std::vector<PhysicalDevice> get_visible_devices(std::string_view device_type) {
  return Context::current().visible_devices(device_type);
}

void set_visible_devices(const std::vector<PhysicalDevice>& devices, std::string_view device_type) {
  Context::current().set_visible_devices(devices, device_type);
}

bool get_memory_growth(const PhysicalDevice& device) { return Context::current().memory_growth(device); }
void set_memory_growth(const PhysicalDevice& device, bool enable) {
  Context::current().set_memory_growth(device, enable);
}

std::optional<std::vector<LogicalDeviceConfiguration>> get_logical_device_configuration(const PhysicalDevice& device) {
  return Context::current().logical_configuration(device);
}

void set_logical_device_configuration(const PhysicalDevice& device,
                                      const std::vector<LogicalDeviceConfiguration>& logical_devices) {
  Context::current().set_logical_configuration(device, logical_devices);
}

DeviceDetails get_device_details(const PhysicalDevice& device) { return Context::current().details(device); }

MemoryInfo get_memory_info(std::string_view device) { return named(device, "get_memory_info").memory.info(); }
void reset_memory_stats(std::string_view device) { named(device, "reset_memory_stats").memory.reset_peak(); }
int64_t get_memory_usage(std::string_view device) { return named(device, "get_memory_usage").memory.info().current; }

void set_soft_device_placement(bool enabled) { soft_placement = enabled; }
bool get_soft_device_placement() { return soft_placement; }
void enable_tensor_float_32_execution(bool enabled) { tensor_float_32 = enabled; }
bool tensor_float_32_execution_enabled() { return tensor_float_32; }
void enable_op_determinism() { op_determinism = true; }
bool is_op_determinism_enabled() { return op_determinism; }

void set_device_policy(std::string_view policy) {
  constexpr std::array<std::string_view, 4> kPolicies = {"silent", "silent_for_int32", "warn", "explicit"};
  if (policy.empty()) policy = kPolicies[0];
  if (std::ranges::find(kPolicies, policy) == kPolicies.end())
    throw error<ValueError>(
        "Invalid argument `device_policy`: '{}'. Valid policies are 'silent', 'silent_for_int32', 'warn' and "
        "'explicit'.",
        policy);
  device_policy = policy;
}
std::string get_device_policy() { return device_policy; }

namespace threading {

void set_intra_op_parallelism_threads(int num_threads) {
  Context::current().set_threads(Context::Pool::intra_op, num_threads);
}
int get_intra_op_parallelism_threads() { return Context::current().threads(Context::Pool::intra_op); }
void set_inter_op_parallelism_threads(int num_threads) {
  Context::current().set_threads(Context::Pool::inter_op, num_threads);
}
int get_inter_op_parallelism_threads() { return Context::current().threads(Context::Pool::inter_op); }

}  // namespace threading
}  // namespace config

namespace debugging {
namespace {
std::atomic<bool> log_placement{false};
}

void set_log_device_placement(bool enabled) { log_placement = enabled; }
bool get_log_device_placement() { return log_placement; }

}  // namespace debugging
}  // namespace cornu

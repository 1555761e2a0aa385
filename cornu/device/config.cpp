#include "cornu/device/config.h"

#include <algorithm>
#include <array>
#include <atomic>

#include "cornu/base/environment.h"
#include "cornu/base/errors.h"
#include "cornu/base/python_names.h"
#include "cornu/device/context.h"
#include "cornu/device/lookup.h"

namespace cornu {
namespace config {
namespace {

using devices::Context;

// NVIDIA's libraries read the variable too.
std::atomic<bool> tensor_float_32{environment("NVIDIA_TF32_OVERRIDE") != "0"};
std::atomic<bool> soft_placement{true}, op_determinism{false};
thread_local std::string device_policy = "silent";

Context& initialized(std::string_view by_what) {
  Context& context = Context::current();
  context.initialize(by_what);
  return context;
}

}  // namespace

PYTHON_NAMES("tf.config.list_physical_devices", "tf.config.experimental.list_physical_devices");
std::vector<PhysicalDevice> list_physical_devices(std::string_view device_type) {
  return Context::current().physical_devices(device_type);
}

PYTHON_NAMES("tf.config.list_logical_devices", "tf.config.experimental.list_logical_devices");
std::vector<LogicalDevice> list_logical_devices(std::string_view device_type) {
  std::vector<LogicalDevice> result;
  for (const auto& device : initialized("list_logical_devices").logical_devices())
    if (device_type.empty() || device->logical.device_type == device_type) result.push_back(device->logical);
  return result;
}

PYTHON_NAMES("tf.config.get_visible_devices", "tf.config.experimental.get_visible_devices");
std::vector<PhysicalDevice> get_visible_devices(std::string_view device_type) {
  return Context::current().visible_devices(device_type);
}

PYTHON_NAMES("tf.config.set_visible_devices", "tf.config.experimental.set_visible_devices");
void set_visible_devices(const std::vector<PhysicalDevice>& devices, std::string_view device_type) {
  Context::current().set_visible_devices(devices, device_type);
}

PYTHON_NAMES("tf.config.experimental.get_memory_growth");
bool get_memory_growth(const PhysicalDevice& device) { return Context::current().memory_growth(device); }
PYTHON_NAMES("tf.config.experimental.set_memory_growth");
void set_memory_growth(const PhysicalDevice& device, bool enable) { Context::current().set_memory_growth(device, enable); }

PYTHON_NAMES("tf.config.get_logical_device_configuration", "tf.config.experimental.get_virtual_device_configuration");
std::optional<std::vector<LogicalDeviceConfiguration>> get_logical_device_configuration(const PhysicalDevice& device) {
  return Context::current().logical_configuration(device);
}

PYTHON_NAMES("tf.config.set_logical_device_configuration", "tf.config.experimental.set_virtual_device_configuration");
void set_logical_device_configuration(const PhysicalDevice& device,
                                      const std::vector<LogicalDeviceConfiguration>& logical_devices) {
  Context::current().set_logical_configuration(device, logical_devices);
}

PYTHON_NAMES("tf.config.experimental.get_device_details");
DeviceDetails get_device_details(const PhysicalDevice& device) { return Context::current().details(device); }

PYTHON_NAMES("tf.config.experimental.get_memory_info");
MemoryInfo get_memory_info(std::string_view device) { return devices::device_named(device, "get_memory_info").memory.info(); }
PYTHON_NAMES("tf.config.experimental.reset_memory_stats");
void reset_memory_stats(std::string_view device) { devices::device_named(device, "reset_memory_stats").memory.reset_peak(); }
PYTHON_NAMES("tf.config.experimental.get_memory_usage");
int64_t get_memory_usage(std::string_view device) {
  return devices::device_named(device, "get_memory_usage").memory.info().current;
}

PYTHON_NAMES("tf.config.set_soft_device_placement");
void set_soft_device_placement(bool enabled) { soft_placement = enabled; }
PYTHON_NAMES("tf.config.get_soft_device_placement");
bool get_soft_device_placement() { return soft_placement; }
PYTHON_NAMES("tf.config.experimental.enable_tensor_float_32_execution");
void enable_tensor_float_32_execution(bool enabled) { tensor_float_32 = enabled; }
PYTHON_NAMES("tf.config.experimental.tensor_float_32_execution_enabled");
bool tensor_float_32_execution_enabled() { return tensor_float_32; }
PYTHON_NAMES("tf.config.experimental.enable_op_determinism");
void enable_op_determinism() { op_determinism = true; }
void disable_op_determinism() { op_determinism = false; }
bool is_op_determinism_enabled() { return op_determinism; }

PYTHON_NAMES("tf.config.experimental.set_device_policy");
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
PYTHON_NAMES("tf.config.experimental.get_device_policy");
std::string get_device_policy() { return device_policy; }

namespace threading {

PYTHON_NAMES("tf.config.threading.set_intra_op_parallelism_threads");
void set_intra_op_parallelism_threads(int num_threads) { Context::current().set_threads(Context::Pool::intra_op, num_threads); }
PYTHON_NAMES("tf.config.threading.get_intra_op_parallelism_threads");
int get_intra_op_parallelism_threads() { return Context::current().threads(Context::Pool::intra_op); }
PYTHON_NAMES("tf.config.threading.set_inter_op_parallelism_threads");
void set_inter_op_parallelism_threads(int num_threads) { Context::current().set_threads(Context::Pool::inter_op, num_threads); }
PYTHON_NAMES("tf.config.threading.get_inter_op_parallelism_threads");
int get_inter_op_parallelism_threads() { return Context::current().threads(Context::Pool::inter_op); }

}  // namespace threading
}  // namespace config

namespace debugging {
namespace {
std::atomic<bool> log_placement{false};
}

PYTHON_NAMES("tf.debugging.set_log_device_placement");
void set_log_device_placement(bool enabled) { log_placement = enabled; }
PYTHON_NAMES("tf.debugging.get_log_device_placement");
bool get_log_device_placement() { return log_placement; }

}  // namespace debugging
}  // namespace cornu

#include "cornu/device/scope.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "cornu/base/errors.h"
#include "cornu/base/log.h"
#include "cornu/base/python_names.h"
#include "cornu/device/config.h"
#include "cornu/device/context.h"

namespace cornu {
namespace {

// The merged spec of every open scope of this thread, outermost first.
thread_local std::vector<DeviceSpec> scopes;

std::size_t open(DeviceSpec spec) {
  devices::initialize("a device scope");
  scopes.push_back(std::move(spec));
  return scopes.size() - 1;
}

}  // namespace

DeviceScope::DeviceScope(const DeviceSpec& spec)
    : DeviceScope(open(scopes.empty() ? spec : scopes.back().make_merged_spec(spec))) {}
DeviceScope::DeviceScope(std::nullptr_t) : DeviceScope(open(DeviceSpec())) {}
DeviceScope::~DeviceScope() { scopes.resize(std::min(scopes.size(), depth_)); }

PYTHON_NAMES("tf.device");
DeviceScope device(std::string_view name) { return DeviceScope(DeviceSpec::from_string(name)); }
DeviceScope device(const DeviceSpec& spec) { return DeviceScope(spec); }
DeviceScope device(const config::LogicalDevice& logical) { return device(logical.name); }
DeviceScope device(std::nullptr_t) { return DeviceScope(nullptr); }

namespace devices {
namespace {

template <class F>
std::string list(const Context& context, F text_of) {
  std::string result;
  for (const auto& device : context.logical_devices())
    if (const std::string text = text_of(*device); !text.empty()) result += (result.empty() ? "" : ", ") + text;
  return result;
}

DeviceSpec completed(DeviceSpec spec) { return DeviceSpec{"localhost", 0, 0, "CPU", 0}.make_merged_spec(spec); }

[[noreturn]] void refuse(const DeviceSpec& wanted, const Context& context) {
  const std::string gpu = context.find("GPU", 0) ? "GPU, " : "";
  throw error<ValueError>(
      "Could not satisfy device specification '{}'. enable_soft_placement=0. Supported device types [{}CPU]. All "
      "available devices "
      "[{}].",
      wanted.to_string(), gpu, list(context, [](const Device& device) { return device.full_name(); }));
}

// As in TensorFlow, work goes where it goes by default, whatever type was asked for.
Device& fall_back(const DeviceSpec& wanted, const Context& context) {
  const bool same_type = context.find(*wanted.device_type, 0) != nullptr;
  Device& chosen = context.default_device();
  const std::string have = list(context, [&](const Device& device) {
    return !same_type || device.logical.device_type == *wanted.device_type ? device.short_name() : "";
  });
  log::warn_once("requested {}:{} does not exist (have {}); running on {}", *wanted.device_type, *wanted.device_index, have,
                 chosen.short_name());
  return chosen;
}

Device& resolve(const DeviceSpec& spec, const Context& context) {
  const DeviceSpec wanted = completed(spec);
  if (wanted.job != "localhost" || wanted.replica != 0 || wanted.task != 0)
    throw error<ValueError>("{} unknown device.", wanted.to_string());
  if (!spec.device_type) return context.default_device();
  if (Device* device = context.find(*wanted.device_type, *wanted.device_index)) return *device;
  if (!config::get_soft_device_placement()) refuse(wanted, context);
  return fall_back(wanted, context);
}

}  // namespace

Device& placement() {
  Context& context = Context::current();
  context.initialize("the first tensor");
  return scopes.empty() ? context.default_device() : resolve(scopes.back(), context);
}

void check_scope() {
  if (!scopes.empty()) placement();
}

void log_placement(std::string_view op, const Device& device) {
  if (debugging::get_log_device_placement())
    std::fputs(fmt::format("Executing op {} in device {}\n", op, device.full_name()).c_str(), stderr);
}

}  // namespace devices
}  // namespace cornu

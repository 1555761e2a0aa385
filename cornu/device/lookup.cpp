#include "cornu/device/lookup.h"

#include <algorithm>

#include "cornu/base/errors.h"
#include "cornu/device/device_spec.h"

namespace cornu::devices {
namespace {

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

}  // namespace

Device& device_named(std::string_view name, std::string_view by_what) {
  if (!ends_in_index(name))
    throw error<ValueError>(
        "Failed parsing device name: '{}'. Note a valid device string should at least contain a device type and a "
        "device index, "
        "like \"GPU:0\".",
        name);
  Context& context = Context::current();
  context.initialize(by_what);
  const auto spec = parse(name);
  const bool local =
      spec && spec->job.value_or("localhost") == "localhost" && spec->replica.value_or(0) == 0 && spec->task.value_or(0) == 0;
  Device* device = local && spec->device_type ? context.find(*spec->device_type, spec->device_index.value_or(-1)) : nullptr;
  if (!device) throw error<ValueError>("No matching devices found for '{}'", name);
  return *device;
}

}  // namespace cornu::devices

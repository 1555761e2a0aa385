#include "cornu/device/device.h"

#include <fmt/format.h>

#include <ostream>

#include "cornu/base/python_names.h"

namespace cornu::config {

PYTHON_NAMES("tf.config.PhysicalDevice", "tf.config.LogicalDevice");
PYTHON_NAMES("tf.config.LogicalDeviceConfiguration", "tf.config.experimental.VirtualDeviceConfiguration");

std::string to_string(const PhysicalDevice& device) {
  return fmt::format("PhysicalDevice(name='{}', device_type='{}')", device.name, device.device_type);
}

std::string to_string(const LogicalDevice& device) {
  return fmt::format("LogicalDevice(name='{}', device_type='{}')", device.name, device.device_type);
}

std::ostream& operator<<(std::ostream& out, const PhysicalDevice& device) { return out << to_string(device); }
std::ostream& operator<<(std::ostream& out, const LogicalDevice& device) { return out << to_string(device); }

}  // namespace cornu::config

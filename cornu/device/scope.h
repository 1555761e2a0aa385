#pragma once

#include <cstddef>
#include <string_view>

#include "cornu/base/api.h"
#include "cornu/device/device.h"
#include "cornu/device/device_spec.h"

namespace cornu {

// Places the work of this thread while it lives; scopes nest, and inner fields override outer ones.
class CORNU_API DeviceScope {
 public:
  [[nodiscard]] explicit DeviceScope(const DeviceSpec& spec);
  [[nodiscard]] explicit DeviceScope(std::nullptr_t);
  ~DeviceScope();
  DeviceScope(const DeviceScope&) = delete;
  DeviceScope& operator=(const DeviceScope&) = delete;

 private:
  explicit DeviceScope(std::size_t depth) : depth_(depth) {}
  std::size_t depth_;  // scopes outside this one
};

// auto on_cpu = cornu::device("/CPU:0");
// "/GPU:0", "gpu:0", "GPU", "/device:GPU:0", "/job:localhost/replica:0/task:0/device:GPU:0" are all understood; a field
// left out is the enclosing scope's, an index that none gives is 0. nullptr forgets the enclosing scopes. Initialises
// the runtime. ValueError: not a device's name (a physical device's name is not one).
[[nodiscard]] CORNU_API DeviceScope device(std::string_view name);
[[nodiscard]] CORNU_API DeviceScope device(const DeviceSpec& spec);
[[nodiscard]] CORNU_API DeviceScope device(const config::LogicalDevice& logical);
[[nodiscard]] CORNU_API DeviceScope device(std::nullptr_t);

namespace devices {

struct Device;

// Where work of this thread goes: the innermost scope's device, else the first GPU, else the first CPU. A device that
// does not exist is replaced by one that does, with one warning; with soft placement off it is a ValueError.
Device& placement();

// For each result of an op: an open scope must name what is there (placement()). Free where none is open.
void check_scope();

// The line of set_log_device_placement, if that is on.
void log_placement(std::string_view op, const Device& device);

}  // namespace devices
}  // namespace cornu

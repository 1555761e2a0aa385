#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cornu/base/api.h"

namespace cornu {

// A device described in part: "/job:localhost/replica:0/task:0/device:GPU:0", "/GPU:0", "gpu", "GPU:*". A field that is
// not given is left to the enclosing scope.
struct CORNU_API DeviceSpec {
  std::optional<std::string> job;
  std::optional<int> replica;
  std::optional<int> task;
  std::optional<std::string> device_type;  // upper case
  std::optional<int> device_index;

  // ValueError says which part of the text is wrong.
  static DeviceSpec from_string(std::string_view spec);
  // "/device:GPU:0"; an index that is not given is written as *.
  std::string to_string() const;
  // This spec with the fields that `dev` gives.
  DeviceSpec make_merged_spec(const DeviceSpec& dev) const;

  friend bool operator==(const DeviceSpec&, const DeviceSpec&) = default;
};

}  // namespace cornu

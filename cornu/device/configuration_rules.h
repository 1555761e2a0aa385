#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "cornu/device/device.h"

namespace cornu::devices {

// The logical devices of one physical device.
using Configuration = std::vector<config::LogicalDeviceConfiguration>;

// ValueError, in TensorFlow's words where it has some, for what a device of this type and memory (bytes; 0 if it is not known) cannot be
// divided into.
void check_configuration(std::string_view type, int64_t total_memory, const Configuration& list);

std::optional<int64_t> limit_in_bytes(const config::LogicalDeviceConfiguration& one);
// The limits together; none if nothing is configured or one device has no limit.
std::optional<int64_t> total_limit(const Configuration& configuration);

}  // namespace cornu::devices

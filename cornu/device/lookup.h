#pragma once

#include <string_view>

#include "cornu/device/context.h"

namespace cornu::devices {

// The logical device of a name with an index ("GPU:0", "/device:CPU:0"). Initialises the runtime. ValueError: no such device, or no
// such name.
Device& device_named(std::string_view name, std::string_view by_what);

}  // namespace cornu::devices

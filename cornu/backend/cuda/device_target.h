#pragma once

#include "cornu/target/target.h"

namespace cornu::cuda {

// What programs for a device of this machine are compiled for, as the driver tells it; no context is made. Its peaks are those of the
// known card of the same name (share/gpus), if there is one. DeviceError if the driver refuses.
Target device_target(int ordinal);

}  // namespace cornu::cuda

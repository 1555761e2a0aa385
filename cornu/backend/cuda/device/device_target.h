#pragma once

#include <string>

#include "cornu/backend/cuda/device/gpu.h"
#include "cornu/target/target.h"

namespace cornu::cuda {

// What programs for a device of this machine are compiled for, as the driver tells it; no context is made. Its peaks are those of the
// known card of the same name (share/gpus), if there is one. DeviceError if the driver refuses.
Target device_target(int ordinal);

// Equal for cards for which a library chooses alike: "NVIDIA H100 PCIe, sm_90, 114 multiprocessors".
std::string model_of(const CudaProperties& card);
std::string model_of(const Gpu& gpu);

}  // namespace cornu::cuda

#pragma once

#include <memory>

#include "cornu/device/provider.h"

namespace cornu::cuda {

// NVIDIA's GPUs. Opens libcuda, and nothing else, when the devices are listed; every build has it.
std::unique_ptr<devices::DeviceProvider> make_provider();

}  // namespace cornu::cuda

#pragma once

#include <string>

#include "cornu/backend/cuda/library/driver.h"

namespace cornu::cuda {

// "CUDA_ERROR_OUT_OF_MEMORY (2)".
std::string name_of(unsigned result);

// The driver's calls; DeviceError where there is no driver that can be used.
inline const Driver& driver() { return need<Driver>(); }

// A refusal of the driver's as a DeviceError with the call's name.
void must(CUresult result, const char* call);

// must(driver().cuStreamSynchronize(stream)), with the name of the call.
#define CORNU_DRIVER_CALL(call, ...) ::cornu::cuda::must(::cornu::cuda::driver().call(__VA_ARGS__), #call)

int attribute(CUdevice_attribute which, CUdevice device);

}  // namespace cornu::cuda

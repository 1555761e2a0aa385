#pragma once

#include "cornu/backend/cuda/library/table.h"

// NVML: what the driver knows of its cards without a context.
struct nvmlDevice_st;

namespace cornu::cuda {

using nvmlDevice_t = nvmlDevice_st*;

#define CORNU_NVML_RESULTS(X)        \
  X(NVML_SUCCESS, 0)                 \
  X(NVML_ERROR_UNINITIALIZED, 1)     \
  X(NVML_ERROR_INVALID_ARGUMENT, 2)  \
  X(NVML_ERROR_NOT_SUPPORTED, 3)     \
  X(NVML_ERROR_NO_PERMISSION, 4)     \
  X(NVML_ERROR_NOT_FOUND, 6)         \
  X(NVML_ERROR_INSUFFICIENT_SIZE, 7) \
  X(NVML_ERROR_DRIVER_NOT_LOADED, 9) \
  X(NVML_ERROR_LIB_RM_VERSION_MISMATCH, 18)
#define CORNU_NVML_STATES(X) X(NVML_FEATURE_DISABLED, 0) X(NVML_FEATURE_ENABLED, 1)
enum nvmlReturn_t : unsigned { CORNU_NVML_RESULTS(CORNU_CUDA_ENUMERATOR) };
enum nvmlEnableState_t : unsigned { CORNU_NVML_STATES(CORNU_CUDA_ENUMERATOR) };

// Why a clock is below what was asked for: bits of a mask. In the headers these are macros.
inline constexpr unsigned long long kThrottlePowerCap = 0x4, kThrottleHardwareSlowdown = 0x8, kThrottleSoftwareThermal = 0x20,
                                    kThrottleHardwareThermal = 0x40, kThrottleHardwarePowerBrake = 0x80;

struct nvmlMemory_t {
  unsigned long long total, free, used;  // bytes
};
struct nvmlProcessInfo_t {
  unsigned pid;
  unsigned long long usedGpuMemory;  // bytes, or all ones where it is not known
  unsigned gpuInstanceId, computeInstanceId;
};

#define CORNU_NVML(X)                                                                                                            \
  X(nvmlReturn_t, nvmlInit_v2, ())                                                                                               \
  X(nvmlReturn_t, nvmlShutdown, ())                                                                                              \
  X(const char*, nvmlErrorString, (nvmlReturn_t result))                                                                         \
  X(nvmlReturn_t, nvmlSystemGetDriverVersion, (char* version, unsigned bytes))                                                   \
  X(nvmlReturn_t, nvmlDeviceGetHandleByPciBusId_v2, (const char* pci_bus_id, nvmlDevice_t* device))                              \
  X(nvmlReturn_t, nvmlDeviceGetMemoryInfo, (nvmlDevice_t device, nvmlMemory_t * memory))                                         \
  X(nvmlReturn_t, nvmlDeviceGetComputeRunningProcesses_v3, (nvmlDevice_t device, unsigned* count, nvmlProcessInfo_t* processes)) \
  X(nvmlReturn_t, nvmlDeviceGetPersistenceMode, (nvmlDevice_t device, nvmlEnableState_t * mode))                                 \
  X(nvmlReturn_t, nvmlDeviceGetEccMode, (nvmlDevice_t device, nvmlEnableState_t * current, nvmlEnableState_t * pending))         \
  X(nvmlReturn_t, nvmlDeviceGetCurrentClocksThrottleReasons, (nvmlDevice_t device, unsigned long long* reasons))

struct Nvml {
  static LibraryNames names() { return {"NVIDIA's management library", {{"libnvidia-ml.so.1"}}, true}; }
  CORNU_CUDA_TABLE(CORNU_NVML)
};

}  // namespace cornu::cuda

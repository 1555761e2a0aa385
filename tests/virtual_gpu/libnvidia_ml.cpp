// libnvidia-ml.so.1. Like the real one it knows every card, whatever CUDA_VISIBLE_DEVICES says.
#include <strings.h>

#include <cstdio>

#include "cornu/backend/cuda/library/nvml.h"
#include "tests/virtual_gpu/others.h"
#include "tests/virtual_gpu/script.h"

namespace cornu::cuda {
namespace {

const virtual_gpu::Card& card_of(nvmlDevice_t device) { return *reinterpret_cast<const virtual_gpu::Card*>(device); }

}  // namespace

extern "C" {

VIRTUAL_GPU_EXPORT nvmlReturn_t nvmlInit_v2() {
  virtual_gpu::enter("nvmlInit_v2");
  constexpr unsigned kMismatch = 803;  // both libraries meet the same old kernel module
  return virtual_gpu::script().init == kMismatch ? NVML_ERROR_LIB_RM_VERSION_MISMATCH : NVML_SUCCESS;
}
VIRTUAL_GPU_EXPORT nvmlReturn_t nvmlShutdown() {
  virtual_gpu::enter("nvmlShutdown");
  return NVML_SUCCESS;
}
VIRTUAL_GPU_EXPORT const char* nvmlErrorString(nvmlReturn_t result) {
  virtual_gpu::enter("nvmlErrorString");
#define NAME_OF(known, value) \
  if (result == (value)) return #known;
  CORNU_NVML_RESULTS(NAME_OF)
  return "unknown";
}
VIRTUAL_GPU_EXPORT nvmlReturn_t nvmlSystemGetDriverVersion(char* version, unsigned bytes) {
  virtual_gpu::enter("nvmlSystemGetDriverVersion");
  std::snprintf(version, bytes, "%s", virtual_gpu::script().driver_version.c_str());
  return NVML_SUCCESS;
}
VIRTUAL_GPU_EXPORT nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2(const char* pci_bus_id, nvmlDevice_t* device) {
  virtual_gpu::enter("nvmlDeviceGetHandleByPciBusId_v2");
  for (const virtual_gpu::Card& card : virtual_gpu::script().cards)
    if (strcasecmp(card.pci_bus_id.c_str(), pci_bus_id) == 0) {
      *device = reinterpret_cast<nvmlDevice_t>(const_cast<virtual_gpu::Card*>(&card));
      return NVML_SUCCESS;
    }
  return NVML_ERROR_NOT_FOUND;
}
VIRTUAL_GPU_EXPORT nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t* memory) {
  virtual_gpu::enter("nvmlDeviceGetMemoryInfo");
  const virtual_gpu::Card& card = card_of(device);
  const auto total = static_cast<unsigned long long>(card.memory_mib) << 20;
  auto used = static_cast<unsigned long long>(card.used_mib) << 20;
  if (const auto* driver = virtual_gpu::others_if_there()) used = driver->used_memory(card.pci_bus_id).value_or(used);
  *memory = {total, total - used, used};
  return NVML_SUCCESS;
}
VIRTUAL_GPU_EXPORT nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t device, unsigned* count,
                                                                        nvmlProcessInfo_t* processes) {
  virtual_gpu::enter("nvmlDeviceGetComputeRunningProcesses_v3");
  const virtual_gpu::Card& card = card_of(device);
  const unsigned room = *count;
  *count = static_cast<unsigned>(card.processes.size());
  if (*count > room) return NVML_ERROR_INSUFFICIENT_SIZE;
  for (unsigned i = 0; i < *count; ++i)
    processes[i] = {card.processes[i], (static_cast<unsigned long long>(card.used_mib) << 20) / *count};
  return NVML_SUCCESS;
}
VIRTUAL_GPU_EXPORT nvmlReturn_t nvmlDeviceGetPersistenceMode(nvmlDevice_t, nvmlEnableState_t* mode) {
  virtual_gpu::enter("nvmlDeviceGetPersistenceMode");
  *mode = NVML_FEATURE_ENABLED;
  return NVML_SUCCESS;
}
VIRTUAL_GPU_EXPORT nvmlReturn_t nvmlDeviceGetEccMode(nvmlDevice_t, nvmlEnableState_t*, nvmlEnableState_t*) {
  virtual_gpu::enter("nvmlDeviceGetEccMode");
  return NVML_ERROR_NOT_SUPPORTED;
}
VIRTUAL_GPU_EXPORT nvmlReturn_t nvmlDeviceGetCurrentClocksThrottleReasons(nvmlDevice_t device, unsigned long long* reasons) {
  virtual_gpu::enter("nvmlDeviceGetCurrentClocksThrottleReasons");
  *reasons = card_of(device).throttle;
  return NVML_SUCCESS;
}

}  // extern "C"
}  // namespace cornu::cuda

// libcuda.so.1: initialisation and what can be asked of devices without a context.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "cornu/backend/cuda/library/driver.h"
#include "tests/virtual_gpu/script.h"

namespace cornu::cuda {
namespace {

#define ENTER(symbol) \
  if (const unsigned answer = virtual_gpu::enter(symbol)) return static_cast<CUresult>(answer)

bool initialized = false;

const virtual_gpu::Card* card_of(CUdevice device) {
  const auto cards = virtual_gpu::visible_cards();
  return device >= 0 && device < std::ssize(cards) ? cards[device] : nullptr;
}

// Where the other attributes stand in a card's file.
const std::map<CUdevice_attribute, const char*> kKeys = {
    {CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK, "maxThreadsPerBlock"},
    {CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X, "maxBlockSize.0"},
    {CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y, "maxBlockSize.1"},
    {CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z, "maxBlockSize.2"},
    {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X, "maxGridSize.0"},
    {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y, "maxGridSize.1"},
    {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z, "maxGridSize.2"},
    {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK, "maxSharedMemoryPerBlock"},
    {CU_DEVICE_ATTRIBUTE_WARP_SIZE, "warpSize"},
    {CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK, "regsPerBlock"},
    {CU_DEVICE_ATTRIBUTE_CLOCK_RATE, "smClockRateKHz"},
    {CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, "multiProcessorCount"},
    {CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE, "memClockRateKHz"},
    {CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, "l2CacheSize"},
    {CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR, "maxThreadsPerSM"},
    {CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR, "maxRegistersPerSM"},
    {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, "maxSharedMemoryPerBlockOptin"},
    {CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR, "maxCtasPerSM"},
    {CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK, "reservedSharedMemoryPerBlock"},
};

// Does the work of an entry point for a device that exists.
template <class Work>
CUresult with_card(const char* symbol, CUdevice device, Work work) {
  ENTER(symbol);
  if (!initialized) return CUDA_ERROR_NOT_INITIALIZED;
  const virtual_gpu::Card* card = card_of(device);
  return card ? work(*card) : CUDA_ERROR_INVALID_DEVICE;
}

CUresult copy_text(const std::string& text, char* to, int bytes) {
  if (!to || bytes <= 0) return CUDA_ERROR_INVALID_VALUE;
  std::snprintf(to, static_cast<std::size_t>(bytes), "%s", text.c_str());
  return CUDA_SUCCESS;
}

}  // namespace

extern "C" {

VIRTUAL_GPU_EXPORT CUresult cuInit(unsigned flags) {
  ENTER("cuInit");
  if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
  if (const unsigned answer = virtual_gpu::script().init; answer != 0) return static_cast<CUresult>(answer);
  if (virtual_gpu::visible_cards().empty()) return CUDA_ERROR_NO_DEVICE;
  initialized = true;
  return CUDA_SUCCESS;
}

VIRTUAL_GPU_EXPORT CUresult cuDriverGetVersion(int* version) {
  ENTER("cuDriverGetVersion");
  if (virtual_gpu::script().init == CUDA_ERROR_STUB_LIBRARY) return CUDA_ERROR_STUB_LIBRARY;  // it refuses everything
  *version = virtual_gpu::script().version;
  return CUDA_SUCCESS;
}

VIRTUAL_GPU_EXPORT CUresult cuGetErrorName(CUresult result, const char** name) {
  ENTER("cuGetErrorName");
#define NAME_OF(known, value) \
  if (result == (value)) return *name = #known, CUDA_SUCCESS;
  CORNU_DRIVER_RESULTS(NAME_OF)
  return *name = nullptr, CUDA_ERROR_INVALID_VALUE;
}

VIRTUAL_GPU_EXPORT CUresult cuGetErrorString(CUresult result, const char** text) { return cuGetErrorName(result, text); }

VIRTUAL_GPU_EXPORT CUresult cuDeviceGetCount(int* count) {
  ENTER("cuDeviceGetCount");
  if (!initialized) return CUDA_ERROR_NOT_INITIALIZED;
  *count = static_cast<int>(virtual_gpu::visible_cards().size());
  return CUDA_SUCCESS;
}

VIRTUAL_GPU_EXPORT CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  return with_card("cuDeviceGet", ordinal, [&](const auto&) { return *device = ordinal, CUDA_SUCCESS; });
}

VIRTUAL_GPU_EXPORT CUresult cuDeviceGetName(char* name, int bytes, CUdevice device) {
  return with_card("cuDeviceGetName", device, [&](const auto& card) { return copy_text(card.name, name, bytes); });
}

VIRTUAL_GPU_EXPORT CUresult cuDeviceGetPCIBusId(char* id, int bytes, CUdevice device) {
  return with_card("cuDeviceGetPCIBusId", device, [&](const auto& card) { return copy_text(card.pci_bus_id, id, bytes); });
}

VIRTUAL_GPU_EXPORT CUresult cuDeviceTotalMem_v2(std::size_t* bytes, CUdevice device) {
  return with_card("cuDeviceTotalMem_v2", device,
                   [&](const auto& card) { return *bytes = static_cast<std::size_t>(card.memory_mib) << 20, CUDA_SUCCESS; });
}

VIRTUAL_GPU_EXPORT CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice device) {
  return with_card("cuDeviceGetAttribute", device, [&](const auto& card) {
    switch (attribute) {
      case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: *value = card.compute_capability.first; return CUDA_SUCCESS;
      case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: *value = card.compute_capability.second; return CUDA_SUCCESS;
      case CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED: *value = card.virtual_memory; return CUDA_SUCCESS;
      default: break;
    }
    const auto key = kKeys.find(attribute);
    if (key == kKeys.end()) return CUDA_ERROR_INVALID_VALUE;
    *value = static_cast<int>(card.properties.at(key->second));
    return CUDA_SUCCESS;
  });
}

VIRTUAL_GPU_EXPORT CUresult cuDeviceGetUuid_v2(CUuuid* uuid, CUdevice device) {
  return with_card("cuDeviceGetUuid_v2", device, [&](const auto& card) {
    std::string digits;
    for (const char c : card.uuid.substr(4))  // behind "GPU-" or "MIG-"
      if (c != '-') digits += c;
    digits.resize(32, '0');
    for (int i = 0; i < 16; ++i) uuid->bytes[i] = static_cast<char>(std::stoi(digits.substr(2 * i, 2), nullptr, 16));
    return CUDA_SUCCESS;
  });
}

}  // extern "C"
}  // namespace cornu::cuda

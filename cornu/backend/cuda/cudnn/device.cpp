#include "cornu/backend/cuda/cudnn/device.h"

#include <map>
#include <nlohmann/json.hpp>

#include "cornu/backend/cuda/device/device_target.h"

namespace cornu::cuda {
namespace {

std::mutex& handle_mutex() {
  static auto* mutex = new std::mutex;
  return *mutex;
}

// One a card, kept to the end of the process.
cudnnHandle_t handle_of(const Gpu& gpu) {
  static auto* handles = new std::map<int, cudnnHandle_t>;
  const std::lock_guard lock(handle_mutex());
  gpu.make_current();
  cudnnHandle_t& handle = (*handles)[gpu.ordinal()];
  if (!handle) must(cudnn().cudnnCreate(&handle), "cudnnCreate");
  return handle;
}

// cuDNN's device property descriptor wants every key; those that no engine depends on have one value.
std::string properties_of(const CudaProperties& card) {
  return nlohmann::json{
      {"maxGridSize", card.max_grid},
      {"maxBlockSize", card.max_block},
      {"regsPerBlock", card.registers_per_block},
      {"multiProcessorCount", card.multiprocessors},
      {"warpSize", card.warp_size},
      {"maxSharedMemoryPerBlock", card.shared_memory_per_block},
      {"maxSharedMemoryPerBlockOptin", card.shared_memory_per_block_optin},
      {"reservedSharedMemoryPerBlock", card.reserved_shared_memory_per_block},
      {"maxRegistersPerSM", card.registers_per_multiprocessor},
      {"maxCtasPerSM", card.blocks_per_multiprocessor},
      {"maxThreadsPerBlock", card.threads_per_block},
      {"maxThreadsPerSM", card.threads_per_multiprocessor},
      {"pciDeviceId", 0},
      {"isTccDriver", 0},
      {"supportCoopLaunch", 1},
      {"totalGlobalMem", card.total_memory},
      {"smClockRateKHz", card.clock_khz},
      {"memClockRateKHz", card.memory_clock_khz},
      {"l2CacheSize", card.l2_cache},
      {"cudaDeviceId", 0},
      {"deviceVer", card.compute_capability},
      {"driverVer", 13000},
      {"deviceName", card.device_name},
  }
      .dump();
}

}  // namespace

CudnnDevice::CudnnDevice(const Gpu& gpu) : handle_(handle_of(gpu)), gpu_(&gpu) {}
CudnnDevice::CudnnDevice(const CudaProperties& card) : properties_(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR), card_(card) {
  properties_->set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, properties_of(card));
  properties_->finalize();
}

std::unique_lock<std::mutex> CudnnDevice::alone() const {
  return handle_ ? std::unique_lock(handle_mutex()) : std::unique_lock<std::mutex>();
}

std::string CudnnDevice::model() const { return gpu_ ? model_of(*gpu_) : model_of(card_); }

}  // namespace cornu::cuda

#include "cornu/backend/cuda/device/gpu.h"

#include <map>
#include <memory>
#include <mutex>

#include "cornu/backend/cuda/library/calls.h"

namespace cornu::cuda {

Gpu& Gpu::at(int ordinal) {
  static std::mutex mutex;
  static auto* gpus = new std::map<int, std::unique_ptr<Gpu>>;  // the driver may be gone before this process's statics are
  const std::lock_guard lock(mutex);
  auto& gpu = (*gpus)[ordinal];
  if (!gpu) gpu.reset(new Gpu(ordinal));
  return *gpu;
}

Gpu::Gpu(int ordinal) {
  CORNU_DRIVER_CALL(cuDeviceGet, &device_, ordinal);
  CORNU_DRIVER_CALL(cuDevicePrimaryCtxRetain, &context_, device_);
}

void Gpu::make_current() const { CORNU_DRIVER_CALL(cuCtxSetCurrent, context_); }

void Gpu::make_current_if_possible() const noexcept { driver().cuCtxSetCurrent(context_); }

int Gpu::attribute(CUdevice_attribute which) const { return cuda::attribute(which, device_); }

}  // namespace cornu::cuda

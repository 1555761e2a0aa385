#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "cornu/backend/cuda/cudnn/descriptor.h"
#include "cornu/backend/cuda/device/gpu.h"
#include "cornu/target/target.h"

namespace cornu::cuda {

// What cuDNN makes plans for: a card in use, or one that is described and need not be here.
class CudnnDevice {
 public:
  explicit CudnnDevice(const Gpu& gpu);
  explicit CudnnDevice(const CudaProperties& card);

  std::string model() const;                                                                   // model_of
  cudnnHandle_t handle() const { return handle_; }                                             // null where the card is described
  const CudnnDescriptor* properties() const { return properties_ ? &*properties_ : nullptr; }  // null where it is here

  // Held while the handle is used, which is of one thread at a time; not while memory is allocated, which may wait for who has it.
  [[nodiscard]] std::unique_lock<std::mutex> alone() const;

 private:
  cudnnHandle_t handle_ = nullptr;
  std::optional<CudnnDescriptor> properties_;
  const Gpu* gpu_ = nullptr;
  CudaProperties card_;  // where it is described
};

}  // namespace cornu::cuda

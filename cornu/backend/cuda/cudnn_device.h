#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "cornu/backend/cuda/cudnn_descriptor.h"
#include "cornu/backend/cuda/gpu.h"
#include "cornu/target/target.h"

namespace cornu::cuda {

// What cuDNN makes plans for: a card in use, or one that is described and need not be here.
class CudnnDevice {
 public:
  // For its lifetime the card's handle is this thread's.
  explicit CudnnDevice(const Gpu& gpu);
  explicit CudnnDevice(const CudaProperties& card);

  std::string model() const;                                                                   // model_of
  cudnnHandle_t handle() const { return handle_; }                                             // null where the card is described
  const CudnnDescriptor* properties() const { return properties_ ? &*properties_ : nullptr; }  // null where it is here

 private:
  std::unique_lock<std::mutex> lock_;
  cudnnHandle_t handle_ = nullptr;
  std::optional<CudnnDescriptor> properties_;
  const Gpu* gpu_ = nullptr;
  CudaProperties card_;  // where it is described
};

}  // namespace cornu::cuda

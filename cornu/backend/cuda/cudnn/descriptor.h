#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cornu/backend/cuda/library/cudnn.h"

namespace cornu::cuda {

// cuDNN's calls; DeviceError where there is no cuDNN that can be used.
inline const Cudnn& cudnn() { return need<Cudnn>(); }

// "CUDNN_STATUS_NOT_SUPPORTED: ..." with what cuDNN says of it.
std::string tell(cudnnStatus_t status);
// A refusal of cuDNN's as a DeviceError with the call's name.
void must(cudnnStatus_t status, std::string_view call);

// A descriptor of cuDNN's backend API and its attributes; DeviceError where one is refused.
class CudnnDescriptor {
 public:
  explicit CudnnDescriptor(cudnnBackendDescriptorType_t type);
  ~CudnnDescriptor();
  CudnnDescriptor(CudnnDescriptor&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  CudnnDescriptor& operator=(CudnnDescriptor&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }

  void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count, const void* elements);
  // Of an enumeration: its type is the attribute's.
  void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, CudnnValue value) { set(name, type, 1, &value); }
  void set(cudnnBackendAttributeName_t name, std::int64_t value) { set(name, CUDNN_TYPE_INT64, 1, &value); }
  void set(cudnnBackendAttributeName_t name, const std::vector<std::int64_t>& values) {
    set(name, CUDNN_TYPE_INT64, std::ssize(values), values.data());
  }
  void set(cudnnBackendAttributeName_t name, float value) { set(name, CUDNN_TYPE_FLOAT, 1, &value); }
  void set(cudnnBackendAttributeName_t name, bool value) { set(name, CUDNN_TYPE_BOOLEAN, 1, &value); }
  void set(cudnnBackendAttributeName_t name, const CudnnDescriptor& other) {
    set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &other.handle_);
  }
  void set(cudnnBackendAttributeName_t name, const std::string& text) {
    set(name, CUDNN_TYPE_CHAR, std::ssize(text), text.data());
  }

  void finalize();
  // For what may be refused.
  cudnnStatus_t try_finalize();

  std::int64_t get(cudnnBackendAttributeName_t name) const;
  std::string get_text(cudnnBackendAttributeName_t name) const;
  std::vector<CudnnValue> get_values(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type) const;
  // Fills descriptors of the attribute's type; how many of them are there.
  std::size_t get(cudnnBackendAttributeName_t name, std::span<CudnnDescriptor> into) const;

  cudnnBackendDescriptor_t handle() const { return handle_; }

 private:
  cudnnBackendDescriptor_t handle_ = nullptr;
};

}  // namespace cornu::cuda

#pragma once

// For tests of cuDNN itself, the virtual GPU's and NVIDIA's: graphs described in a few words.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cornu/backend/cuda/library/cudnn.h"

namespace cornu::cuda {

using Extents = std::vector<std::int64_t>;
using Described = cudnnBackendDescriptor_t;

Extents channels_last(const Extents& dims);
Extents channels_first(const Extents& dims);

struct TensorWords {
  std::int64_t id;
  Extents dims;
  Extents strides = {};  // channels last where there are none
  CudnnValue type = CUDNN_DATA_FLOAT;
  bool is_virtual = false;
  std::int64_t alignment = 16;
};
struct ConvolutionWords {
  Extents strides, low, high, dilation;
  CudnnValue type = CUDNN_DATA_FLOAT;
};

// After the first refusal nothing more is asked.
class Describer {
 public:
  explicit Describer(const Cudnn& cudnn) : cudnn_(cudnn) {}
  ~Describer();
  Describer(const Describer&) = delete;

  // An attribute that no descriptor of its type is given.
  std::optional<cudnnBackendAttributeName_t> omitted;
  // Whose properties are given where there is no handle.
  std::string card = "h100";
  cudnnHandle_t handle = nullptr;

  cudnnStatus_t status() const { return status_; }
  const std::string& message() const { return message_; }
  bool is_refused() const { return status_ != CUDNN_STATUS_SUCCESS; }
  void expect(cudnnStatus_t answer);

  Described make(cudnnBackendDescriptorType_t type);
  void set(Described descriptor, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count,
           const void* elements);
  void set(Described descriptor, cudnnBackendAttributeName_t name, const Extents& integers);
  void set_value(Described descriptor, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, int value);
  void hold(Described descriptor, cudnnBackendAttributeName_t name, const std::vector<Described>& held);
  void text(Described descriptor, cudnnBackendAttributeName_t name, const std::string& text);
  Described finalize(Described descriptor);
  std::int64_t count(Described descriptor, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type);
  std::string read_text(Described descriptor, cudnnBackendAttributeName_t name);

  Described tensor(const TensorWords& words);
  Described convolution(const ConvolutionWords& words);
  Described forward(Described x, Described w, Described y, Described convolution, double alpha = 1, double beta = 0);
  Described backward_data(Described dy, Described w, Described dx, Described convolution);
  Described backward_filter(Described x, Described dy, Described dw, Described convolution);
  // Without `b` of one input.
  Described pointwise(CudnnValue mode, Described x, Described b, Described y, CudnnValue type = CUDNN_DATA_FLOAT);
  Described graph(const std::vector<Described>& operations);
  Described device(const std::string& properties);
  Described device();  // the card's

  std::vector<Described> configurations(Described graph, CudnnValue mode);
  Described engine(Described configuration);
  std::vector<int> notes(Described configuration, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type);
  Described plan_of(Described configuration);
  Described plan_of(const std::string& text);
  // Of the first engine that does not say that it uses tensor cores, which multiply float32 in TF32.
  Described plan(Described graph);
  Described pack(const Extents& ids, const std::vector<const void*>& pointers, const void* workspace);

 private:
  template <class Names>
  Described convolve(cudnnBackendDescriptorType_t type, const Names& names, const std::vector<Described>& held, double alpha,
                     double beta);

  const Cudnn& cudnn_;
  std::vector<Described> made_;
  cudnnStatus_t status_ = CUDNN_STATUS_SUCCESS;
  std::string message_;
};

}  // namespace cornu::cuda

#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "cornu/backend/cuda/cudnn/descriptor.h"
#include "cornu/base/dtype.h"

namespace cornu::cuda {

enum class ConvolutionKind : unsigned char { forward, input_gradient, kernel_gradient };

// Where the windows of a convolution lie, one number a spatial axis.
struct ConvolutionWindows {
  std::vector<std::int64_t> strides, padding_low, padding_high, dilation;
};

// A graph of cuDNN's operations on the way to a plan. Operands are numbered from 1 as they are added.
class CudnnGraph {
 public:
  using Tensor = const CudnnDescriptor*;

  // An operand in memory, aligned to 16 bytes.
  Tensor operand(DType dtype, const std::vector<std::int64_t>& dims, const std::vector<std::int64_t>& strides);
  // What goes from one operation to the next in float32.
  Tensor intermediate(const std::vector<std::int64_t>& dims, const std::vector<std::int64_t>& strides);

  // `x`, `w` and `y` are the forward convolution's: a gradient writes x or w.
  void convolution(ConvolutionKind kind, const ConvolutionWindows& windows, Tensor x, Tensor w, Tensor y, DType compute);
  // y = a + b, where b's dims may be 1.
  void add(Tensor a, Tensor b, Tensor y);
  void relu(Tensor x, Tensor y);

  // Without a handle for a card that is described when a plan is made.
  void finalize(cudnnHandle_t handle);
  const CudnnDescriptor& descriptor() const { return graph_; }
  const std::vector<std::size_t>& operand_bytes() const { return operand_bytes_; }
  // All that it is made of, a line a tensor or an operation: equal for equal graphs.
  const std::string& text() const { return text_; }

 private:
  Tensor tensor(DType dtype, const std::vector<std::int64_t>& dims, const std::vector<std::int64_t>& strides, std::int64_t id,
                bool is_virtual);
  void pointwise(CudnnValue mode, Tensor x, Tensor b, Tensor y);
  void add(CudnnDescriptor operation, std::initializer_list<Tensor> tensors, const std::string& what);
  const CudnnDescriptor& keep(CudnnDescriptor descriptor);

  std::vector<std::unique_ptr<CudnnDescriptor>> kept_;
  std::vector<cudnnBackendDescriptor_t> operations_;
  std::vector<std::size_t> operand_bytes_;
  std::int64_t intermediates_ = 0;
  std::string text_;
  CudnnDescriptor graph_{CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR};
};

CudnnValue cudnn_type(DType dtype);

}  // namespace cornu::cuda

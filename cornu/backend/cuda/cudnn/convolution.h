#pragma once

#include "cornu/backend/cuda/cudnn/graph.h"
#include "cornu/target/target.h"

namespace cornu::cuda {

// A convolution or one of its gradients as cuDNN does it: channels last, the kernel's filters first and its channels last.
//   input [batch, spatial..., in_channels], kernel [out_channels, spatial..., in_channels / groups], result [batch, spatial..., out_channels]
struct ConvolutionShape {
  ConvolutionKind kind = ConvolutionKind::forward;
  DType dtype = float32;  // of all operands; 16-bit floats are added up in float32
  std::int64_t batch = 1, in_channels = 1, out_channels = 1, groups = 1;
  std::vector<std::int64_t> input, kernel, result;  // spatial
  ConvolutionWindows windows;
  // Behind a forward convolution: a vector is added to each place, and with it a tensor like the result, and what is negative is 0.
  bool has_bias = false, has_residual = false, has_relu = false;
};

// Operands in order: forward: input, kernel, [bias], [residual], result; input_gradient: the result's gradient, kernel, the input's;
// kernel_gradient: input, the result's gradient, the kernel's.
CudnnGraph graph_of(const ConvolutionShape& shape);
int operands_of(const ConvolutionShape& shape);

// Additions and multiplications of any of the three.
double operations_of(const ConvolutionShape& shape);
// "convolution [32, 28, 28, 1] * [32, 3, 3, 1] + bias + relu", "kernel gradient of ... in float16".
std::string to_string(const ConvolutionShape& shape);

// Why cuDNN has no engine for it on a card; empty if it has. What this says is held against cuDNN itself (convolution_test.cpp).
std::string why_refused(const ConvolutionShape& shape, const CudaProperties& card);

}  // namespace cornu::cuda

#pragma once

#include <optional>
#include <string>

#include "cornu/ir/lowering.h"

namespace cornu::ops {

// Convolutions over 1 to 3 spatial axes, channels last, in Keras's layout: input [N, spatial..., C], kernel
// [spatial..., C / groups, filters], result [N, spatial..., filters]. As in Keras the kernel is not flipped.
// The result's extent is floor((input + low + high - dilation * (kernel - 1) - 1) / stride) + 1; a negative padding crops.
struct ConvAttributes {
  std::vector<int64_t> strides, padding_low, padding_high, dilation;  // one a spatial axis
  int64_t groups = 1;
  // The spatial extents of what a gradient makes, which its operands do not tell: the input's or the kernel's. Empty for `conv`.
  std::vector<int64_t> extents;
  // The kernel lies [filters, spatial..., C / groups] instead: a pass's choice for a card (passes/filters_first.cpp).
  bool filters_first = false;
};
// Of a kernel that lies as these attributes say, the dims in Keras's order.
Shape kernel_dims(const ConvAttributes& attributes, const Shape& kernel);

// What a convolution or one of its gradients is of, whichever of these it makes; the kernel's filters last.
struct ConvShapes {
  Shape input, kernel, result;
};
ConvShapes shapes_of(const ir::Node& convolution);

// The three are bilinear and are each other's gradients, so that derivatives of any order are made of them.
extern const ir::OpDef conv_op;                  // (input, kernel) -> result
extern const ir::OpDef conv_input_gradient_op;   // (result's gradient, kernel) -> input's
extern const ir::OpDef conv_kernel_gradient_op;  // (input, result's gradient) -> kernel's
// Of all three.
std::span<const ir::Lowering> conv_cpu_lowerings();
std::span<const ir::Lowering> conv_cuda_lowerings();

// The arguments of Keras's convolutions. One number serves all spatial axes. `padding` is "valid", "same" (the result has
// ceil(input / stride) elements; an odd one of padding goes to the end) or, with one spatial axis, "causal".
struct ConvArgs {
  std::vector<int64_t> strides = {1};
  std::string padding = "valid";
  std::vector<int64_t> dilation = {1};
};

// Groups follow from the channels: input [..., C], kernel [..., C / groups, filters].
ir::Value conv(const ir::Value& input, const ir::Value& kernel, const ConvArgs& args = {});
// kernel [spatial..., C, multiplier], result [..., C * multiplier].
ir::Value depthwise_conv(const ir::Value& input, const ir::Value& kernel, const ConvArgs& args = {});
// A depthwise convolution, then a pointwise one with kernel [1..., C * multiplier, filters].
ir::Value separable_conv(const ir::Value& input, const ir::Value& depthwise_kernel, const ir::Value& pointwise_kernel,
                         const ConvArgs& args = {});
// The gradient of a convolution, taken as a layer: kernel [spatial..., filters, C]. Without `output_padding` "same" gives
// input * stride elements, "valid" (input - 1) * stride + max(kernel, stride); see Keras's Conv2DTranspose.
ir::Value conv_transpose(const ir::Value& input, const ir::Value& kernel, const ConvArgs& args = {},
                         const std::optional<std::vector<int64_t>>& output_padding = {});

}  // namespace cornu::ops

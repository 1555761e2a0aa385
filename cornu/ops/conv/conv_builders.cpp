#include <algorithm>

#include "cornu/ops/conv/conv.h"
#include "cornu/ops/view/view.h"
#include "cornu/ops/window.h"

// Keras's convolutions in terms of the three records.

namespace cornu::ops {
namespace {

using ir::Value;

int spatial_rank(std::string_view op, const Value& input, const Value& kernel) {
  const int rank = input.shape().rank() - 2;
  if (rank < 1 || rank > 3 || kernel.shape().rank() != rank + 2)
    throw error<ValueError>(
        "`{}` needs an input [batch, spatial..., channels] of 1 to 3 spatial axes and a kernel of the same rank. "
        "Received: shapes {} and {}",
        op, to_string(input.shape()), to_string(kernel.shape()));
  return rank;
}

ConvAttributes attributes(std::string_view op, const Value& input, const Value& kernel, const ConvArgs& args) {
  const int rank = spatial_rank(op, input, kernel);
  if (args.padding == "causal" && rank != 1)
    throw error<ValueError>("\"causal\" padding is for one spatial axis. Received: {} axes", rank);
  ConvAttributes out;
  for (int i = 0; i < rank; ++i) {
    const Window w =
        padded(op, args.padding, input.shape()[i + 1], kernel.shape()[i], per_axis(op, "strides", args.strides, rank, i),
               per_axis(op, "dilation_rate", args.dilation, rank, i));
    out.strides.push_back(w.stride);
    out.dilation.push_back(w.dilation);
    out.padding_low.push_back(w.low);
    out.padding_high.push_back(w.high);
  }
  return out;
}

}  // namespace

Value conv(const Value& input, const Value& kernel, const ConvArgs& args) {
  ConvAttributes c = attributes("conv", input, kernel, args);
  const int64_t channels = input.shape()[-1], in = kernel.shape()[-2];
  if (in < 1 || channels % in != 0)
    throw error<ValueError>(
        "The number of input channels must be evenly divisible by the kernel's in_channels. Received input channels "
        "{} and kernel in_channels {}.",
        channels, in);
  c.groups = channels / in;
  return ir::apply(conv_op, std::move(c), {input, kernel});
}

Value depthwise_conv(const Value& input, const Value& kernel, const ConvArgs& args) {
  ConvAttributes c = attributes("depthwise_conv", input, kernel, args);
  c.groups = input.shape()[-1];
  if (kernel.shape()[-2] != c.groups)
    throw error<ValueError>("A depthwise kernel is [spatial..., channels, multiplier]. Received: input shape {}, kernel shape {}",
                            to_string(input.shape()), to_string(kernel.shape()));
  Shape grouped = kernel.shape();
  grouped[-1] *= grouped[-2];
  grouped[-2] = 1;
  return ir::apply(conv_op, std::move(c), {input, reshape(kernel, grouped)});
}

Value separable_conv(const Value& input, const Value& depthwise_kernel, const Value& pointwise_kernel, const ConvArgs& args) {
  return conv(depthwise_conv(input, depthwise_kernel, args), pointwise_kernel, {});
}

Value conv_transpose(const Value& input, const Value& kernel, const ConvArgs& args,
                     const std::optional<std::vector<int64_t>>& output_padding) {
  const std::string_view op = "conv_transpose";
  const int rank = spatial_rank(op, input, kernel);
  const bool same = args.padding == "same";
  if (!same && args.padding != "valid")
    throw error<ValueError>("`padding` must be \"valid\" or \"same\". Received: padding=\"{}\"", args.padding);
  ConvAttributes c;
  for (int i = 0; i < rank; ++i) {
    const int64_t stride = per_axis(op, "strides", args.strides, rank, i),
                  dilation = per_axis(op, "dilation_rate", args.dilation, rank, i), size = kernel.shape()[i];
    check_window(op, size, stride, dilation);
    const int64_t reach = (size - 1) * dilation + 1, extent = input.shape()[i + 1];
    // Keras sees the input with stride - 1 zeros between its elements and `before`, `after` zeros around them.
    int64_t before = reach - 1, after;
    if (same) {
      const int64_t around =
          output_padding ? reach + reach % 2 - 2 + per_axis(op, "output_padding", *output_padding, rank, i) : stride + reach - 2;
      before = std::min(around / 2 + around % 2, reach - 1);
      after = around - before;
    } else {
      after = reach - 1 +
              (output_padding ? per_axis(op, "output_padding", *output_padding, rank, i) : std::max(reach, stride) - reach);
    }
    c.strides.push_back(stride);
    c.dilation.push_back(dilation);
    c.extents.push_back(extent == Shape::kUnknown ? extent : (extent - 1) * stride + before + after - reach + 2);
    c.padding_low.push_back(reach - 1 - before);
    // The forward pass rounds down: up to stride - 1 of padding at the end changes nothing, and none is negative then.
    const int64_t high = reach - 1 - after;
    c.padding_high.push_back(high < 0 ? std::min<int64_t>(0, high + stride - 1) : high);
  }
  return ir::apply(conv_input_gradient_op, std::move(c), {input, kernel});
}

}  // namespace cornu::ops

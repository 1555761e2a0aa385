#include "cornu/keras/layers/convolutional/depthwise_conv.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/ops/nn.h"

namespace cornu::keras::layers {

DepthwiseConvImpl::DepthwiseConvImpl(int spatial_axes, IntOrList kernel_size, DepthwiseConvArgs args)
    : ConvolutionImpl(spatial_axes, std::move(kernel_size), args), args_(std::move(args)) {
  check_padding(args_.padding);
  check_strictly_positive("depth_multiplier", args_.depth_multiplier);
}

void DepthwiseConvImpl::build(const Shape& input_shape) {
  const int64_t channels = channels_of(input_shape);
  kernel_ = add_weight("kernel", kernel_shape(channels, args_.depth_multiplier),
                       {.initializer = args_.depthwise_initializer,
                        .regularizer = args_.depthwise_regularizer,
                        .constraint = args_.depthwise_constraint});
  add_bias(args_, channels * args_.depth_multiplier);
}

Tensor DepthwiseConvImpl::call(const Tensor& x, const CallContext&) {
  return args_.activation(
      with_bias(ops::depthwise_conv(x, kernel_, args_.strides, args_.padding, args_.data_format, args_.dilation_rate)));
}

void DepthwiseConvImpl::write_config(LayerConfig& config) const {
  config.add_null("depth_multiplier").add("kernel_size", kernel_size_).add(args_);
}

#define CORNU_DEPTHWISE_CONV(Class)                                          \
  Handle<Class##Impl> Class(IntOrList kernel_size, DepthwiseConvArgs args) { \
    return make<Class##Impl>(std::move(kernel_size), std::move(args));       \
  }
CORNU_DEPTHWISE_CONV(DepthwiseConv1D)
CORNU_DEPTHWISE_CONV(DepthwiseConv2D)
#undef CORNU_DEPTHWISE_CONV

}  // namespace cornu::keras::layers

#include "cornu/keras/layers/convolutional/separable_conv.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/ops/nn.h"

namespace cornu::keras::layers {

SeparableConvImpl::SeparableConvImpl(int spatial_axes, int64_t filters, IntOrList kernel_size, SeparableConvArgs args)
    : ConvolutionImpl(spatial_axes, std::move(kernel_size), args), filters_(filters), args_(std::move(args)) {
  check_padding(args_.padding);
  check_strictly_positive("depth_multiplier", args_.depth_multiplier);
  check_strictly_positive("filters", filters);
}

void SeparableConvImpl::build(const Shape& input_shape) {
  const int64_t channels = channels_of(input_shape);
  depthwise_kernel_ = add_weight("depthwise_kernel", kernel_shape(channels, args_.depth_multiplier),
                                 {.initializer = args_.depthwise_initializer,
                                  .regularizer = args_.depthwise_regularizer,
                                  .constraint = args_.depthwise_constraint});
  Shape pointwise(std::vector<int64_t>(kernel_size_.values().size(), 1));
  pointwise.push_back(channels * args_.depth_multiplier);
  pointwise.push_back(filters_);
  pointwise_kernel_ = add_weight("pointwise_kernel", pointwise,
                                 {.initializer = args_.pointwise_initializer,
                                  .regularizer = args_.pointwise_regularizer,
                                  .constraint = args_.pointwise_constraint});
  add_bias(args_, filters_);
}

Tensor SeparableConvImpl::call(const Tensor& x, const CallContext&) {
  return args_.activation(with_bias(ops::separable_conv(x, depthwise_kernel_, pointwise_kernel_, args_.strides, args_.padding,
                                                        args_.data_format, args_.dilation_rate)));
}

void SeparableConvImpl::write_config(LayerConfig& config) const {
  config.add_null("depth_multiplier").add("filters", filters_).add("kernel_size", kernel_size_).add(args_);
}

#define CORNU_SEPARABLE_CONV(Class)                                                           \
  Handle<Class##Impl> Class(int64_t filters, IntOrList kernel_size, SeparableConvArgs args) { \
    return make<Class##Impl>(filters, std::move(kernel_size), std::move(args));               \
  }
CORNU_SEPARABLE_CONV(SeparableConv1D)
CORNU_SEPARABLE_CONV(SeparableConv2D)
#undef CORNU_SEPARABLE_CONV

}  // namespace cornu::keras::layers

#include "cornu/keras/layers/convolutional/conv.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/ops/nn.h"

namespace cornu::keras::layers {

ConvImpl::ConvImpl(int spatial_axes, int64_t filters, IntOrList kernel_size, ConvArgs args)
    : ConvolutionImpl(spatial_axes, std::move(kernel_size), args), filters_(filters), args_(std::move(args)) {
  check_padding(args_.padding, spatial_axes == 1);
  check_strictly_positive("filters", filters);
  if (args_.groups <= 0)
    throw error<ValueError>("The number of groups must be a positive integer. Received: groups={}.", args_.groups);
  if (filters % args_.groups != 0)
    throw error<ValueError>(
        "The number of filters must be evenly divisible by the number of groups. Received: groups={}, filters={}.", args_.groups,
        filters);
  refuse_dilated_strides(args_.strides, args_.dilation_rate);
}

void ConvImpl::build(const Shape& input_shape) {
  const int64_t channels = channels_of(input_shape);
  if (channels % args_.groups != 0)
    throw error<ValueError>(
        "The number of input channels must be evenly divisible by the number of groups. Received groups={}, but the input has {} "
        "channels (full input shape is {}).",
        args_.groups, channels, to_string(input_shape));
  kernel_ = add_weight(
      "kernel", kernel_shape(channels / args_.groups, filters_),
      {.initializer = args_.kernel_initializer, .regularizer = args_.kernel_regularizer, .constraint = args_.kernel_constraint});
  add_bias(args_, filters_);
}

Tensor ConvImpl::call(const Tensor& x, const CallContext&) {
  return args_.activation(with_bias(ops::conv(x, kernel_, args_.strides, args_.padding, args_.data_format, args_.dilation_rate)));
}

void ConvImpl::write_config(LayerConfig& config) const {
  config.add("filters", filters_).add("kernel_size", kernel_size_).add(args_);
}

#define CORNU_CONV(Class)                                                            \
  Handle<Class##Impl> Class(int64_t filters, IntOrList kernel_size, ConvArgs args) { \
    return make<Class##Impl>(filters, std::move(kernel_size), std::move(args));      \
  }
CORNU_CONV(Conv1D)
CORNU_CONV(Conv2D)
CORNU_CONV(Conv3D)
#undef CORNU_CONV

}  // namespace cornu::keras::layers

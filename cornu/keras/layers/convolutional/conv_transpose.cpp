#include "cornu/keras/layers/convolutional/conv_transpose.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/ops/nn.h"

namespace cornu::keras::layers {

ConvTransposeImpl::ConvTransposeImpl(int spatial_axes, int64_t filters, IntOrList kernel_size, ConvTransposeArgs args)
    : ConvolutionImpl(spatial_axes, std::move(kernel_size), args), filters_(filters), args_(std::move(args)) {
  check_padding(args_.padding);
  check_strictly_positive("filters", filters);
  refuse_dilated_strides(args_.strides, args_.dilation_rate);
  if (args_.output_padding.is_none()) return;
  args_.output_padding = args_.output_padding.repeated(spatial_axes, "output_padding");
  for (int i = 0; i < spatial_axes; ++i) {
    const int64_t more = args_.output_padding.values()[i], stride = args_.strides.values()[i];
    if (more < 0 || more >= stride)
      throw error<ValueError>(
          "`output_padding` must be strictly less than `strides` for all dimensions, and not negative. At dimension {}, "
          "`output_padding` is {} but `strides` is {}. Received: output_padding={}, strides={}",
          i, more, stride, to_string(args_.output_padding), to_string(args_.strides));
  }
}

void ConvTransposeImpl::build(const Shape& input_shape) {
  kernel_ = add_weight(
      "kernel", kernel_shape(filters_, channels_of(input_shape)),
      {.initializer = args_.kernel_initializer, .regularizer = args_.kernel_regularizer, .constraint = args_.kernel_constraint});
  add_bias(args_, filters_);
}

Tensor ConvTransposeImpl::call(const Tensor& x, const CallContext&) {
  return args_.activation(with_bias(ops::conv_transpose(x, kernel_, args_.strides, args_.padding, args_.output_padding,
                                                        args_.data_format, args_.dilation_rate)));
}

void ConvTransposeImpl::write_config(LayerConfig& config) const {
  config.add("filters", filters_).add("kernel_size", kernel_size_).add(args_);
}

#define CORNU_CONV_TRANSPOSE(Class)                                                           \
  Handle<Class##Impl> Class(int64_t filters, IntOrList kernel_size, ConvTransposeArgs args) { \
    return make<Class##Impl>(filters, std::move(kernel_size), std::move(args));               \
  }
CORNU_CONV_TRANSPOSE(Conv1DTranspose)
CORNU_CONV_TRANSPOSE(Conv2DTranspose)
CORNU_CONV_TRANSPOSE(Conv3DTranspose)
#undef CORNU_CONV_TRANSPOSE

}  // namespace cornu::keras::layers

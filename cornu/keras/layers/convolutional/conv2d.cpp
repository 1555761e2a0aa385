#include "cornu/keras/layers/convolutional/conv2d.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/layers/data_format.h"
#include "cornu/keras/layers/input_rank.h"
#include "cornu/keras/ops/nn.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::layers {
namespace {

constexpr int kRank = 2;

void check_positive(const IntOrList& values, const char* what) {
  for (int64_t v : values.values())
    if (v <= 0) throw error<ValueError>("The `{}` argument must be positive. Received: {}={}", what, what, v);
}

}  // namespace

Conv2DImpl::Conv2DImpl(int64_t filters, IntOrList kernel_size, Conv2DArgs args)
    : LayerImpl(base_args(args)),
      filters_(filters),
      kernel_size_(kernel_size.repeated(kRank, "kernel_size")),
      args_(std::move(args)) {
  args_.strides = args_.strides.repeated(kRank, "strides");
  args_.dilation_rate = args_.dilation_rate.repeated(kRank, "dilation_rate");
  args_.data_format = data_format_name(args_.data_format);
  if (filters <= 0)
    throw error<ValueError>("Invalid value for argument `filters`. Expected a strictly positive value. Received filters={}.",
                            filters);
  if (args_.groups <= 0 || filters % args_.groups != 0)
    throw error<ValueError>(
        "The number of filters must be evenly divisible by the number of groups. Received: groups={}, filters={}.", args_.groups,
        filters);
  if (args_.padding != "valid" && args_.padding != "same")
    throw error<ValueError>("The `padding` argument must be one of 'valid', 'same'. Received: {}", args_.padding);
  check_positive(kernel_size_, "kernel_size");
  check_positive(args_.strides, "strides");
  check_positive(args_.dilation_rate, "dilation_rate");
  set_activity_regularizer(args_.activity_regularizer);
}

void Conv2DImpl::build(const Shape& input_shape) {
  expect_rank(*this, input_shape, kRank + 2);
  const int64_t channels = input_shape[is_channels_first(args_.data_format) ? 1 : -1];
  if (channels == Shape::kUnknown)
    throw error<ValueError>("The channel dimension of the inputs should be defined. The input_shape received is {}",
                            to_string(input_shape));
  if (channels % args_.groups != 0)
    throw error<ValueError>(
        "The number of input channels must be evenly divisible by the number of groups. Received groups={}, but the input has {} "
        "channels.",
        args_.groups, channels);
  const auto& size = kernel_size_.values();
  kernel_ = add_weight(
      "kernel", {size[0], size[1], channels / args_.groups, filters_},
      {.initializer = args_.kernel_initializer, .regularizer = args_.kernel_regularizer, .constraint = args_.kernel_constraint});
  if (args_.use_bias)
    bias_ = add_weight(
        "bias", {filters_},
        {.initializer = args_.bias_initializer, .regularizer = args_.bias_regularizer, .constraint = args_.bias_constraint});
}

Tensor Conv2DImpl::call(const Tensor& x, const CallContext&) {
  Tensor out = ops::conv(x, kernel_, args_.strides, args_.padding, args_.data_format, args_.dilation_rate);
  if (args_.use_bias) {
    const Tensor bias = is_channels_first(args_.data_format) ? ops::reshape(bias_, {1, filters_, 1, 1}) : bias_.value();
    out = out + bias;
  }
  return args_.activation(out);
}

void Conv2DImpl::write_config(LayerConfig& config) const {
  config.add("filters", filters_).add("kernel_size", kernel_size_.values()).add(args_);
}

Handle<Conv2DImpl> Conv2D(int64_t filters, IntOrList kernel_size, Conv2DArgs args) {
  return make<Conv2DImpl>(filters, std::move(kernel_size), std::move(args));
}

}  // namespace cornu::keras::layers

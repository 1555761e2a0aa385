#include "cornu/keras/layers/convolutional/convolution.h"

#include <algorithm>
#include <cctype>

#include "cornu/keras/layers/data_format.h"
#include "cornu/keras/layers/input_rank.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::layers {
namespace {

IntOrList one_each_axis(const IntOrList& given, int axes, const char* argument) {
  const IntOrList out = given.repeated(axes, argument);
  for (int64_t v : out.values())
    if (v <= 0)
      throw error<ValueError>("The `{}` argument must have positive values only. Received: {}={}", argument, argument,
                              to_string(given));
  return out;
}

int64_t largest(const IntOrList& values) { return *std::max_element(values.values().begin(), values.values().end()); }

}  // namespace

void ConvolutionImpl::standardize(IntOrList& strides, IntOrList& dilation_rate, std::string& padding, std::string& data_format) {
  kernel_size_ = one_each_axis(kernel_size_, spatial_axes_, "kernel_size");
  strides = one_each_axis(strides, spatial_axes_, "strides");
  dilation_rate = one_each_axis(dilation_rate, spatial_axes_, "dilation_rate");
  std::transform(padding.begin(), padding.end(), padding.begin(), [](unsigned char c) { return std::tolower(c); });
  data_format = data_format_name(data_format);
  channels_first_ = is_channels_first(data_format);
}

void ConvolutionImpl::check_padding(const std::string& padding, bool allow_causal) {
  if (padding == "valid" || padding == "same" || (allow_causal && padding == "causal")) return;
  throw error<ValueError>("The `padding` argument must be one of 'valid', 'same'{}. Received: {}",
                          allow_causal ? ", 'causal'" : "", padding);
}

void ConvolutionImpl::check_strictly_positive(const char* argument, int64_t value) {
  if (value <= 0)
    throw error<ValueError>("Invalid value for argument `{}`. Expected a strictly positive value. Received {}={}.", argument,
                            argument, value);
}

void ConvolutionImpl::refuse_dilated_strides(const IntOrList& strides, const IntOrList& dilation_rate) const {
  if (largest(strides) > 1 && largest(dilation_rate) > 1)
    throw error<ValueError>(
        "`strides > 1` not supported in conjunction with `dilation_rate > 1`. Received: strides={} and dilation_rate={}",
        to_string(strides), to_string(dilation_rate));
}

int64_t ConvolutionImpl::channels_of(const Shape& input) const {
  expect_rank(*this, input, spatial_axes_ + 2);
  const int64_t channels = input[channels_first_ ? 1 : -1];
  if (channels == Shape::kUnknown)
    throw error<ValueError>("The channel dimension of the inputs should be defined. The input_shape received is {}",
                            to_string(input));
  return channels;
}

Shape ConvolutionImpl::kernel_shape(int64_t from, int64_t to) const {
  Shape out(kernel_size_.values());
  out.push_back(from);
  out.push_back(to);
  return out;
}

Tensor ConvolutionImpl::with_bias(const Tensor& out) const {
  if (!bias_.exists()) return out;
  if (!channels_first_) return out + bias_.value();
  Shape beside(std::vector<int64_t>(out.rank(), 1));
  beside[1] = bias_.shape()[0];
  return out + ops::reshape(bias_, beside);
}

}  // namespace cornu::keras::layers

#pragma once

#include "cornu/keras/activations/activations.h"
#include "cornu/keras/layers/layer.h"
#include "cornu/keras/ops/int_or_list.h"

namespace cornu::keras::layers {

// What the layers of this room share: a kernel that moves over `spatial_axes` axes, a bias for each output channel, an activation.
// Their structs of arguments have the same names for the same things.
class CORNU_API ConvolutionImpl : public LayerImpl {
 protected:
  // Gives the sizes one value an axis, in `args` too. ValueError: what Keras refuses.
  template <class Args>
  ConvolutionImpl(int spatial_axes, IntOrList kernel_size, Args& args)
      : LayerImpl(base_args(args)), kernel_size_(std::move(kernel_size)), spatial_axes_(spatial_axes) {
    standardize(args.strides, args.dilation_rate, args.padding, args.data_format);
    set_activity_regularizer(args.activity_regularizer);
  }

  // ValueError: another word than "valid", "same" and, where it is said, "causal".
  static void check_padding(const std::string& padding, bool allow_causal = false);
  static void check_strictly_positive(const char* argument, int64_t value);
  void refuse_dilated_strides(const IntOrList& strides, const IntOrList& dilation_rate) const;
  // The channels of an input, whose rank is checked. ValueError: they are unknown.
  int64_t channels_of(const Shape& input) const;
  // kernel_size and then these.
  Shape kernel_shape(int64_t from, int64_t to) const;
  template <class Args>
  void add_bias(const Args& args, int64_t channels) {
    if (args.use_bias)
      bias_ = add_weight(
          "bias", {channels},
          {.initializer = args.bias_initializer, .regularizer = args.bias_regularizer, .constraint = args.bias_constraint});
  }
  Tensor with_bias(const Tensor& out) const;

  IntOrList kernel_size_;

 private:
  void standardize(IntOrList& strides, IntOrList& dilation_rate, std::string& padding, std::string& data_format);

  int spatial_axes_;
  bool channels_first_ = false;
  Variable bias_;
};

}  // namespace cornu::keras::layers

#pragma once

#include "cornu/keras/layers/convolutional/convolution.h"

namespace cornu::keras {

struct SeparableConvArgs {
  IntOrList strides = 1;
  std::string padding = "valid";  // or "same"
  std::string data_format;        // default: channels_last
  IntOrList dilation_rate = 1;
  int64_t depth_multiplier = 1;  // channels between the two convolutions, of each input channel
  ActivationFunction activation;
  bool use_bias = true;
  Initializer depthwise_initializer = "glorot_uniform", pointwise_initializer = "glorot_uniform", bias_initializer = "zeros";
  Regularizer depthwise_regularizer, pointwise_regularizer, bias_regularizer, activity_regularizer;
  Constraint depthwise_constraint, pointwise_constraint, bias_constraint;
  KERAS_LAYER_ARGS;
};
using SeparableConv1DArgs = SeparableConvArgs;
using SeparableConv2DArgs = SeparableConvArgs;

namespace layers {

// Each channel convolved by itself, then all channels of a place mixed: (batch, steps..., channels) gives
// (batch, windows..., filters). Chollet, 2017.
class CORNU_API SeparableConvImpl : public ConvolutionImpl {
 public:
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;

 protected:
  SeparableConvImpl(int spatial_axes, int64_t filters, IntOrList kernel_size, SeparableConvArgs args);

 private:
  int64_t filters_;
  SeparableConvArgs args_;
  Variable depthwise_kernel_, pointwise_kernel_;
};

#define CORNU_SEPARABLE_CONV(Class, spatial_axes)                                              \
  class CORNU_API Class##Impl final : public SeparableConvImpl {                               \
   public:                                                                                     \
    Class##Impl(int64_t filters, IntOrList kernel_size, SeparableConvArgs args)                \
        : SeparableConvImpl(spatial_axes, filters, std::move(kernel_size), std::move(args)) {} \
  };                                                                                           \
  CORNU_API Handle<Class##Impl> Class(int64_t filters, IntOrList kernel_size, SeparableConvArgs args = {});
// ValueError: filters, sizes, strides or a multiplier that are not positive.
CORNU_SEPARABLE_CONV(SeparableConv1D, 1)
CORNU_SEPARABLE_CONV(SeparableConv2D, 2)
#undef CORNU_SEPARABLE_CONV

}  // namespace layers
}  // namespace cornu::keras

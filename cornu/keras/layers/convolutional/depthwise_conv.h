#pragma once

#include "cornu/keras/layers/convolutional/convolution.h"

namespace cornu::keras {

struct DepthwiseConvArgs {
  IntOrList strides = 1;
  std::string padding = "valid";  // or "same"
  int64_t depth_multiplier = 1;   // output channels of each input channel
  std::string data_format;        // default: channels_last
  IntOrList dilation_rate = 1;
  ActivationFunction activation;
  bool use_bias = true;
  Initializer depthwise_initializer = "glorot_uniform", bias_initializer = "zeros";
  Regularizer depthwise_regularizer, bias_regularizer, activity_regularizer;
  Constraint depthwise_constraint, bias_constraint;
  KERAS_LAYER_ARGS;
};
using DepthwiseConv1DArgs = DepthwiseConvArgs;
using DepthwiseConv2DArgs = DepthwiseConvArgs;

namespace layers {

// Each channel convolved by itself: (batch, steps..., channels) gives (batch, windows..., channels * depth_multiplier).
class CORNU_API DepthwiseConvImpl : public ConvolutionImpl {
 public:
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;

 protected:
  DepthwiseConvImpl(int spatial_axes, IntOrList kernel_size, DepthwiseConvArgs args);

 private:
  DepthwiseConvArgs args_;
  Variable kernel_;
};

#define CORNU_DEPTHWISE_CONV(Class, spatial_axes)                                     \
  class CORNU_API Class##Impl final : public DepthwiseConvImpl {                      \
   public:                                                                            \
    Class##Impl(IntOrList kernel_size, DepthwiseConvArgs args)                        \
        : DepthwiseConvImpl(spatial_axes, std::move(kernel_size), std::move(args)) {} \
  };                                                                                  \
  CORNU_API Handle<Class##Impl> Class(IntOrList kernel_size, DepthwiseConvArgs args = {});
// ValueError: sizes, strides or a multiplier that are not positive.
CORNU_DEPTHWISE_CONV(DepthwiseConv1D, 1)
CORNU_DEPTHWISE_CONV(DepthwiseConv2D, 2)
#undef CORNU_DEPTHWISE_CONV

}  // namespace layers
}  // namespace cornu::keras

#pragma once

#include "cornu/keras/layers/convolutional/convolution.h"

namespace cornu::keras {

struct ConvArgs {
  IntOrList strides = 1;
  std::string padding = "valid";  // or "same"; of Conv1D "causal" too: a step sees none that comes after it
  std::string data_format;        // default: channels_last
  IntOrList dilation_rate = 1;    // above 1 with strides of 1 only
  int64_t groups = 1;
  ActivationFunction activation;
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform", bias_initializer = "zeros";
  Regularizer kernel_regularizer, bias_regularizer, activity_regularizer;
  Constraint kernel_constraint, bias_constraint;
  KERAS_LAYER_ARGS;
};
using Conv1DArgs = ConvArgs;
using Conv2DArgs = ConvArgs;
using Conv3DArgs = ConvArgs;

namespace layers {

// activation(conv(x, kernel) + bias): (batch, steps..., channels) gives (batch, windows..., filters).
class CORNU_API ConvImpl : public ConvolutionImpl {
 public:
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;

 protected:
  ConvImpl(int spatial_axes, int64_t filters, IntOrList kernel_size, ConvArgs args);

 private:
  int64_t filters_;
  ConvArgs args_;
  Variable kernel_;
};

#define CORNU_CONV(Class, spatial_axes)                                               \
  class CORNU_API Class##Impl final : public ConvImpl {                               \
   public:                                                                            \
    Class##Impl(int64_t filters, IntOrList kernel_size, ConvArgs args)                \
        : ConvImpl(spatial_axes, filters, std::move(kernel_size), std::move(args)) {} \
  };                                                                                  \
  CORNU_API Handle<Class##Impl> Class(int64_t filters, IntOrList kernel_size, ConvArgs args = {});
// ValueError: filters, sizes or strides that are not positive, or channels that groups do not divide.
CORNU_CONV(Conv1D, 1)
CORNU_CONV(Conv2D, 2)
CORNU_CONV(Conv3D, 3)
#undef CORNU_CONV

}  // namespace layers
}  // namespace cornu::keras

#pragma once

#include "cornu/keras/layers/convolutional/convolution.h"

namespace cornu::keras {

struct ConvTransposeArgs {
  IntOrList strides = 1;
  std::string padding = "valid";  // or "same"
  IntOrList output_padding;     // below strides; default: chosen so that the result has the size that `ops::conv_transpose` says
  std::string data_format;      // default: channels_last
  IntOrList dilation_rate = 1;  // above 1 with strides of 1 only
  ActivationFunction activation;
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform", bias_initializer = "zeros";
  Regularizer kernel_regularizer, bias_regularizer, activity_regularizer;
  Constraint kernel_constraint, bias_constraint;
  KERAS_LAYER_ARGS;
};
using Conv1DTransposeArgs = ConvTransposeArgs;
using Conv2DTransposeArgs = ConvTransposeArgs;
using Conv3DTransposeArgs = ConvTransposeArgs;

namespace layers {

// The way back of a convolution's shapes: (batch, windows..., channels) gives (batch, steps..., filters). Zeiler et al., 2010.
class CORNU_API ConvTransposeImpl : public ConvolutionImpl {
 public:
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;

 protected:
  ConvTransposeImpl(int spatial_axes, int64_t filters, IntOrList kernel_size, ConvTransposeArgs args);

 private:
  int64_t filters_;
  ConvTransposeArgs args_;
  Variable kernel_;
};

#define CORNU_CONV_TRANSPOSE(Class, spatial_axes)                                              \
  class CORNU_API Class##Impl final : public ConvTransposeImpl {                               \
   public:                                                                                     \
    Class##Impl(int64_t filters, IntOrList kernel_size, ConvTransposeArgs args)                \
        : ConvTransposeImpl(spatial_axes, filters, std::move(kernel_size), std::move(args)) {} \
  };                                                                                           \
  CORNU_API Handle<Class##Impl> Class(int64_t filters, IntOrList kernel_size, ConvTransposeArgs args = {});
// ValueError: filters, sizes or strides that are not positive, or output_padding that reaches strides.
CORNU_CONV_TRANSPOSE(Conv1DTranspose, 1)
CORNU_CONV_TRANSPOSE(Conv2DTranspose, 2)
CORNU_CONV_TRANSPOSE(Conv3DTranspose, 3)
#undef CORNU_CONV_TRANSPOSE

}  // namespace layers
}  // namespace cornu::keras

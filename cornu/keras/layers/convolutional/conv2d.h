#pragma once

#include "cornu/keras/activations/activations.h"
#include "cornu/keras/layers/layer.h"
#include "cornu/keras/ops/int_or_list.h"

namespace cornu::keras {

struct Conv2DArgs {
  IntOrList strides{1, 1};
  std::string padding = "valid";  // or "same"
  std::string data_format;        // default: channels_last
  IntOrList dilation_rate{1, 1};
  int64_t groups = 1;
  ActivationFunction activation;
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform", bias_initializer = "zeros";
  Regularizer kernel_regularizer, bias_regularizer, activity_regularizer;
  Constraint kernel_constraint, bias_constraint;
  KERAS_LAYER_ARGS;
};

namespace layers {

// activation(conv(x, kernel) + bias): (batch, height, width, channels) gives (batch, height', width', filters).
class CORNU_API Conv2DImpl : public LayerImpl {
 public:
  Conv2DImpl(int64_t filters, IntOrList kernel_size, Conv2DArgs args);
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& x, const CallContext& context) override;
  void write_config(LayerConfig& config) const override;

 private:
  int64_t filters_;
  IntOrList kernel_size_;
  Conv2DArgs args_;
  Variable kernel_, bias_;
};
// ValueError: filters, sizes or strides that are not positive, or channels that groups do not divide.
CORNU_API Handle<Conv2DImpl> Conv2D(int64_t filters, IntOrList kernel_size, Conv2DArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

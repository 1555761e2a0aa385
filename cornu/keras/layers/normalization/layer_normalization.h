#pragma once

#include "cornu/keras/layers/layer.h"
#include "cornu/keras/ops/int_or_list.h"

namespace cornu::keras {

struct LayerNormalizationArgs {
  IntOrList axis = -1;  // what the mean and the variance are taken over, and has a gamma and a beta an element
  double epsilon = 1e-3;
  bool center = true, scale = true;
  bool rms_scaling = false;  // deprecated in Keras: divides by the standard deviation without taking the mean off
  Initializer beta_initializer = "zeros", gamma_initializer = "ones";
  Regularizer beta_regularizer, gamma_regularizer;
  Constraint beta_constraint, gamma_constraint;
  KERAS_LAYER_ARGS;
};

namespace layers {

// gamma (x - mean) / sqrt(variance + epsilon) + beta of each example by itself, computed in float32 or wider. Ba et al., 2016.
class CORNU_API LayerNormalizationImpl : public LayerImpl {
 public:
  explicit LayerNormalizationImpl(LayerNormalizationArgs args);
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;
  bool autocast() const override { return false; }
  bool supports_masking() const override { return true; }

 private:
  LayerNormalizationArgs args_;
  Variable gamma_, beta_;
};
// ValueError when built: an axis that the input has not, or whose dim is unknown.
CORNU_API Handle<LayerNormalizationImpl> LayerNormalization(LayerNormalizationArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

#pragma once

#include "cornu/keras/layers/layer.h"

namespace cornu::keras {

struct GroupNormalizationArgs {
  int64_t groups = 32;  // a divisor of the channels; -1: one channel each (instance normalization)
  int axis = -1;        // of the channels
  double epsilon = 1e-3;
  bool center = true, scale = true;
  Initializer beta_initializer = "zeros", gamma_initializer = "ones";
  Regularizer beta_regularizer, gamma_regularizer;
  Constraint beta_constraint, gamma_constraint;
  KERAS_LAYER_ARGS;
};

namespace layers {

// gamma (x - mean) / sqrt(variance + epsilon) + beta, the mean and the variance those of a group of channels of one example,
// computed in float32 or wider. Wu and He, 2018.
class CORNU_API GroupNormalizationImpl : public LayerImpl {
 public:
  explicit GroupNormalizationImpl(GroupNormalizationArgs args);
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;
  bool autocast() const override { return false; }
  bool supports_masking() const override { return true; }

 private:
  GroupNormalizationArgs args_;
  Variable gamma_, beta_;
};
// ValueError: groups that are neither positive nor -1 or, when built, do not divide the channels.
CORNU_API Handle<GroupNormalizationImpl> GroupNormalization(GroupNormalizationArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

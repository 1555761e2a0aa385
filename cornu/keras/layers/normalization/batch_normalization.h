#pragma once

#include "cornu/keras/layers/layer.h"

namespace cornu::keras {

struct BatchNormalizationArgs {
  int axis = -1;
  double momentum = 0.99, epsilon = 1e-3;
  bool center = true, scale = true;
  Initializer beta_initializer = "zeros", gamma_initializer = "ones", moving_mean_initializer = "zeros", moving_variance_initializer = "ones";
  Regularizer beta_regularizer, gamma_regularizer;
  Constraint beta_constraint, gamma_constraint;
  bool synchronized = false;
  KERAS_LAYER_ARGS;
};

namespace layers {

// gamma (x - mean) / sqrt(variance + epsilon) + beta for each index of `axis`: in training with the batch's statistics, whose
// moving averages (x <- x momentum + batch (1 - momentum)) serve otherwise. Ioffe and Szegedy, 2015.
class CORNU_API BatchNormalizationImpl : public LayerImpl {
 public:
  explicit BatchNormalizationImpl(BatchNormalizationArgs args) : LayerImpl(base_args(args)), args_(std::move(args)) {}
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& x, const CallContext& context) override;
  Json get_config() const override;
  bool supports_masking() const override { return true; }

 private:
  BatchNormalizationArgs args_;
  Variable gamma_, beta_, moving_mean_, moving_variance_;
};
CORNU_API Handle<BatchNormalizationImpl> BatchNormalization(BatchNormalizationArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

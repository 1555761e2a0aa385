#pragma once

#include "cornu/keras/activations/activations.h"
#include "cornu/keras/layers/layer.h"

namespace cornu::keras {

struct DenseArgs {
  ActivationFunction activation;
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform", bias_initializer = "zeros";
  Regularizer kernel_regularizer, bias_regularizer, activity_regularizer;
  Constraint kernel_constraint, bias_constraint;
  KERAS_LAYER_ARGS;
};

namespace layers {

// activation(x @ kernel + bias), over the last axis: (..., inputs) gives (..., units).
class CORNU_API DenseImpl : public LayerImpl {
 public:
  DenseImpl(int64_t units, DenseArgs args);
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& x, const CallContext& context) override;
  void write_config(LayerConfig& config) const override;
  bool supports_masking() const override { return true; }

 private:
  int64_t units_;
  DenseArgs args_;
  Variable kernel_, bias_;
};
// ValueError: units that are not positive.
CORNU_API Handle<DenseImpl> Dense(int64_t units, DenseArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

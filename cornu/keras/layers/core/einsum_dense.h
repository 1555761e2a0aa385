#pragma once

#include "cornu/keras/activations/activations.h"
#include "cornu/keras/layers/layer.h"

namespace cornu::keras {

struct EinsumDenseArgs {
  ActivationFunction activation;
  std::optional<std::string> bias_axes;  // labels of the output that the bias has; default: no bias
  Initializer kernel_initializer = "glorot_uniform", bias_initializer = "zeros";
  Regularizer kernel_regularizer, bias_regularizer, activity_regularizer;
  Constraint kernel_constraint, bias_constraint;
  KERAS_LAYER_ARGS;
};

namespace layers {

// activation(einsum(equation, x, kernel) + bias). The equation is "abc,cd->abd", "...x,xy->...y" or "ab...,bc->ac...": the input's
// labels, the kernel's, the output's.
class CORNU_API EinsumDenseImpl : public LayerImpl {
 public:
  EinsumDenseImpl(std::string equation, Shape output_shape, EinsumDenseArgs args);
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;

 private:
  std::string equation_;
  Shape output_shape_;
  EinsumDenseArgs args_;
  Variable kernel_, bias_;
};
// `output_shape` is without the batch and without what "..." stands for; an axis that the input has may be Shape::kUnknown.
// ValueError when built: an equation of another form, labels that do not match, an input that does not fit.
CORNU_API Handle<EinsumDenseImpl> EinsumDense(std::string equation, Shape output_shape, EinsumDenseArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

#pragma once

#include "cornu/keras/layers/layer.h"
#include "cornu/keras/ops/int_or_list.h"

namespace cornu::keras {

struct PReLUArgs {
  Initializer alpha_initializer = "zeros";
  Regularizer alpha_regularizer;
  Constraint alpha_constraint;
  IntOrList shared_axes;  // along which one alpha serves; axis 1 is the first after the batch
  KERAS_LAYER_ARGS;
};

namespace layers {

// x where x > 0, else alpha x, of a learned alpha for each element of an example (He et al., 2015).
class CORNU_API PReLUImpl : public LayerImpl {
 public:
  explicit PReLUImpl(PReLUArgs args);
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;
  bool supports_masking() const override { return true; }

 private:
  PReLUArgs args_;
  Variable alpha_;
};
// ValueError when built: a shared axis that the input has not; a dim unknown that is not shared.
CORNU_API Handle<PReLUImpl> PReLU(PReLUArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

#pragma once

#include "cornu/keras/layers/layer.h"
#include "cornu/keras/ops/int_or_list.h"

namespace cornu::keras {

struct RMSNormalizationArgs {
  IntOrList axis = -1;  // the last, or several that end with it
  double epsilon = 1e-6;
  KERAS_LAYER_ARGS;
};

namespace layers {

// scale x / sqrt(mean(x^2) + epsilon), computed in float32 or wider. Zhang and Sennrich, 2019.
class CORNU_API RMSNormalizationImpl : public LayerImpl {
 public:
  explicit RMSNormalizationImpl(RMSNormalizationArgs args) : LayerImpl(base_args(args)), args_(std::move(args)) {}
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;

 private:
  RMSNormalizationArgs args_;
  Variable scale_;
};
CORNU_API Handle<RMSNormalizationImpl> RMSNormalization(RMSNormalizationArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

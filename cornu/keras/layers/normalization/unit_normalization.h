#pragma once

#include "cornu/keras/layers/layer.h"
#include "cornu/keras/ops/int_or_list.h"

namespace cornu::keras {

struct UnitNormalizationArgs {
  IntOrList axis = -1;
  KERAS_LAYER_ARGS;
};

namespace layers {

// x over its Euclidean length along the axes, which becomes 1.
class CORNU_API UnitNormalizationImpl : public LayerImpl {
 public:
  explicit UnitNormalizationImpl(UnitNormalizationArgs args);
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;
  bool supports_masking() const override { return true; }

 private:
  UnitNormalizationArgs args_;
};
CORNU_API Handle<UnitNormalizationImpl> UnitNormalization(UnitNormalizationArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

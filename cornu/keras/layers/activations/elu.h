#pragma once

#include "cornu/keras/layers/layer.h"

namespace cornu::keras {

struct ELUArgs {
  double alpha = 1.0;
  KERAS_LAYER_ARGS;
};

namespace layers {

// x where x > 0, else alpha (exp(x) - 1).
class CORNU_API ELUImpl : public LayerImpl {
 public:
  explicit ELUImpl(ELUArgs args);
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;
  bool supports_masking() const override { return true; }

 private:
  ELUArgs args_;
};
CORNU_API Handle<ELUImpl> ELU(ELUArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

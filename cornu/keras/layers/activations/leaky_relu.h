#pragma once

#include "cornu/keras/layers/layer.h"

namespace cornu::keras {

struct LeakyReLUArgs {
  double negative_slope = 0.3;
  KERAS_LAYER_ARGS;
};

namespace layers {

// x where x > 0, else negative_slope x.
class CORNU_API LeakyReLUImpl : public LayerImpl {
 public:
  explicit LeakyReLUImpl(LeakyReLUArgs args);
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;
  bool supports_masking() const override { return true; }

 private:
  LeakyReLUArgs args_;
};
// ValueError: a negative slope below 0.
CORNU_API Handle<LeakyReLUImpl> LeakyReLU(LeakyReLUArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

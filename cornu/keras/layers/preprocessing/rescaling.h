#pragma once

#include "cornu/keras/layers/layer.h"
#include "cornu/keras/layers/preprocessing/numbers.h"

namespace cornu::keras {

struct RescalingArgs {
  Numbers offset = 0.0;
  KERAS_LAYER_ARGS;
};

namespace layers {

// x scale + offset, of whole numbers too: Rescaling(1.0 / 255) takes pixels to [0, 1]. Several numbers are one for each channel.
class CORNU_API RescalingImpl : public LayerImpl {
 public:
  RescalingImpl(Numbers scale, RescalingArgs args);
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;
  bool supports_masking() const override { return true; }

 private:
  Numbers scale_;
  RescalingArgs args_;
};
// ValueError: no scale or no offset.
CORNU_API Handle<RescalingImpl> Rescaling(Numbers scale, RescalingArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

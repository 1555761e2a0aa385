#pragma once

#include <optional>

#include "cornu/keras/layers/layer.h"

namespace cornu::keras {

struct ReLUArgs {
  std::optional<double> max_value;
  double negative_slope = 0.0, threshold = 0.0;
  KERAS_LAYER_ARGS;
};

namespace layers {

// min(max_value, x where x > threshold, else negative_slope (x - threshold))
class CORNU_API ReLUImpl : public LayerImpl {
 public:
  explicit ReLUImpl(ReLUArgs args);
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;
  bool supports_masking() const override { return true; }

 private:
  ReLUArgs args_;
};
// ValueError: a negative argument.
CORNU_API Handle<ReLUImpl> ReLU(ReLUArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

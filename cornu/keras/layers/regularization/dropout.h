#pragma once

#include <optional>

#include "cornu/keras/layers/layer.h"
#include "cornu/keras/random/seed_generator.h"

namespace cornu::keras {

struct DropoutArgs {
  std::optional<std::vector<std::optional<int64_t>>> noise_shape;  // of the mask; None takes the input's dim
  std::optional<int64_t> seed;
  KERAS_LAYER_ARGS;
};

namespace layers {

// In training, sets a share of the inputs to 0 and scales the others by 1 / (1 - rate); otherwise the identity.
class CORNU_API DropoutImpl : public LayerImpl {
 public:
  DropoutImpl(double rate, DropoutArgs args);
  Tensor call(const Tensor& x, const CallContext& context) override;
  void write_config(LayerConfig& config) const override;
  bool supports_masking() const override { return true; }

 private:
  double rate_;
  DropoutArgs args_;
  std::shared_ptr<SeedGenerator> seed_generator_;
};
// ValueError: a rate outside [0, 1], a dim of noise_shape below 1.
CORNU_API Handle<DropoutImpl> Dropout(double rate, DropoutArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

#pragma once

#include "cornu/keras/layers/layer.h"

namespace cornu::keras {

struct ReshapeArgs {
  KERAS_LAYER_ARGS;
};

namespace layers {

// (batch, ...) -> (batch, target_shape...); one dim of the target may be -1.
class CORNU_API ReshapeImpl : public LayerImpl {
 public:
  ReshapeImpl(std::vector<int64_t> target_shape, ReshapeArgs args);
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;

 private:
  std::vector<int64_t> target_shape_;
};
CORNU_API Handle<ReshapeImpl> Reshape(std::vector<int64_t> target_shape, ReshapeArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

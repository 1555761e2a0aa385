#pragma once

#include "cornu/keras/layers/layer.h"

namespace cornu::keras {

struct FlattenArgs {
  std::string data_format;  // "channels_first" moves channels last before flattening; default: channels_last
  KERAS_LAYER_ARGS;
};

namespace layers {

// (batch, a, b, ...) -> (batch, a b ...)
class CORNU_API FlattenImpl : public LayerImpl {
 public:
  explicit FlattenImpl(FlattenArgs args) : LayerImpl(base_args(args)), args_(std::move(args)) {}
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;

 private:
  FlattenArgs args_;
};
CORNU_API Handle<FlattenImpl> Flatten(FlattenArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

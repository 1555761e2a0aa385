#pragma once

#include "cornu/keras/layers/layer.h"

namespace cornu::keras {

struct IdentityArgs {
  KERAS_LAYER_ARGS;
};

namespace layers {

// Its input.
class CORNU_API IdentityImpl : public LayerImpl {
 public:
  explicit IdentityImpl(IdentityArgs args);
  Tensor call(const Tensor& x, const CallContext&) override;
  bool supports_masking() const override { return true; }
};
CORNU_API Handle<IdentityImpl> Identity(IdentityArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

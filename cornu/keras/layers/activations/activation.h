#pragma once

#include "cornu/keras/activations/activations.h"
#include "cornu/keras/layers/layer.h"

namespace cornu::keras {

struct ActivationArgs {
  KERAS_LAYER_ARGS;
};

namespace layers {

// An activation function as a layer.
class CORNU_API ActivationImpl : public LayerImpl {
 public:
  ActivationImpl(ActivationFunction activation, ActivationArgs args);
  Tensor call(const Tensor& x, const CallContext&) override { return activation_(x); }
  void write_config(LayerConfig& config) const override;
  bool supports_masking() const override { return true; }

 private:
  ActivationFunction activation_;
};
CORNU_API Handle<ActivationImpl> Activation(ActivationFunction activation, ActivationArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

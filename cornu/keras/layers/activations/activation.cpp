#include "cornu/keras/layers/activations/activation.h"

#include "cornu/keras/layers/config.h"

namespace cornu::keras::layers {

ActivationImpl::ActivationImpl(ActivationFunction activation, ActivationArgs args)
    : LayerImpl(base_args(args)), activation_(std::move(activation)) {
  build_from({});  // no weights: built from the start, as in Keras
}

void ActivationImpl::write_config(LayerConfig& config) const { config.add("activation", activation_); }

Handle<ActivationImpl> Activation(ActivationFunction activation, ActivationArgs args) {
  return make<ActivationImpl>(std::move(activation), std::move(args));
}

}  // namespace cornu::keras::layers

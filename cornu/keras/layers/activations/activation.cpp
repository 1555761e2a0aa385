#include "cornu/keras/layers/activations/activation.h"

#include "cornu/keras/layers/config.h"

namespace cornu::keras::layers {

ActivationImpl::ActivationImpl(ActivationFunction activation, ActivationArgs args) : LayerImpl(base_args(args)), activation_(std::move(activation)) {
  build_from({});  // no weights: built from the start, as in Keras
}

Json ActivationImpl::get_config() const { return layer_config(base_config(), {{"activation", json_of(activation_)}}, ActivationArgs{}); }

Handle<ActivationImpl> Activation(ActivationFunction activation, ActivationArgs args) { return make<ActivationImpl>(std::move(activation), std::move(args)); }

}  // namespace cornu::keras::layers

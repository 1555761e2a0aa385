#include "cornu/keras/layers/activations/activation.h"

#include "cornu/keras/layers/config.h"

namespace cornu::keras::layers {

Json ActivationImpl::get_config() const { return layer_config(base_config(), {{"activation", json_of(activation_)}}, ActivationArgs{}); }

Handle<ActivationImpl> Activation(ActivationFunction activation, ActivationArgs args) { return make<ActivationImpl>(std::move(activation), std::move(args)); }

}  // namespace cornu::keras::layers

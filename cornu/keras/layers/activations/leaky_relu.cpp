#include "cornu/keras/layers/activations/leaky_relu.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/ops/nn.h"

namespace cornu::keras::layers {

LeakyReLUImpl::LeakyReLUImpl(LeakyReLUArgs args) : LayerImpl(base_args(args)), args_(std::move(args)) {
  if (args_.negative_slope < 0)
    throw error<ValueError>(
        "The negative_slope value of a Leaky ReLU layer cannot be None or negative value. Expected a float. Received: "
        "negative_slope={}",
        args_.negative_slope);
  build_from({});  // no weights: built from the start, as in Keras
}

Tensor LeakyReLUImpl::call(const Tensor& x, const CallContext&) { return ops::leaky_relu(x, args_.negative_slope); }

void LeakyReLUImpl::write_config(LayerConfig& config) const { config.add(args_); }

Handle<LeakyReLUImpl> LeakyReLU(LeakyReLUArgs args) { return make<LeakyReLUImpl>(std::move(args)); }

}  // namespace cornu::keras::layers

#include "cornu/keras/layers/activations/relu.h"

#include "cornu/keras/activations/activations.h"
#include "cornu/keras/layers/config.h"

namespace cornu::keras::layers {

ReLUImpl::ReLUImpl(ReLUArgs args) : LayerImpl(base_args(args)), args_(std::move(args)) {
  if (args_.max_value && *args_.max_value < 0)
    throw error<ValueError>("max_value of a ReLU layer cannot be a negative value. Received: {}", *args_.max_value);
  if (args_.negative_slope < 0)
    throw error<ValueError>("negative_slope of a ReLU layer cannot be a negative value. Received: {}", args_.negative_slope);
  if (args_.threshold < 0)
    throw error<ValueError>("threshold of a ReLU layer cannot be a negative value. Received: {}", args_.threshold);
  build_from({});  // no weights: built from the start, as in Keras
}

Tensor ReLUImpl::call(const Tensor& x, const CallContext&) {
  return activations::relu(x, args_.negative_slope, args_.max_value, args_.threshold);
}

void ReLUImpl::write_config(LayerConfig& config) const { config.add(args_); }

Handle<ReLUImpl> ReLU(ReLUArgs args) { return make<ReLUImpl>(std::move(args)); }

}  // namespace cornu::keras::layers

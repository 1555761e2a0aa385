#include "cornu/keras/layers/activations/elu.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/ops/nn.h"

namespace cornu::keras::layers {

ELUImpl::ELUImpl(ELUArgs args) : LayerImpl(base_args(args)), args_(std::move(args)) {
  build_from({});  // no weights: built from the start, as in Keras
}

Tensor ELUImpl::call(const Tensor& x, const CallContext&) { return ops::elu(x, args_.alpha); }

void ELUImpl::write_config(LayerConfig& config) const {
  config.add(args_).move_to_end("trainable").move_to_end("dtype");
}

Handle<ELUImpl> ELU(ELUArgs args) { return make<ELUImpl>(std::move(args)); }

}  // namespace cornu::keras::layers

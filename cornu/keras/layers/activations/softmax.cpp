#include "cornu/keras/layers/activations/softmax.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/ops/nn.h"

namespace cornu::keras::layers {

SoftmaxImpl::SoftmaxImpl(SoftmaxArgs args) : LayerImpl(base_args(args)), args_(std::move(args)) {
  build_from({});  // no weights: built from the start, as in Keras
}

Tensor SoftmaxImpl::call(const Tensor& x, const CallContext&) { return ops::softmax(x, args_.axis); }

void SoftmaxImpl::write_config(LayerConfig& config) const { config.add(args_); }

Handle<SoftmaxImpl> Softmax(SoftmaxArgs args) { return make<SoftmaxImpl>(std::move(args)); }

}  // namespace cornu::keras::layers

#include "cornu/keras/layers/activations/softmax.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/ops/nn.h"

namespace cornu::keras::layers {

Tensor SoftmaxImpl::call(const Tensor& x, const CallContext&) { return ops::softmax(x, args_.axis); }

Json SoftmaxImpl::get_config() const { return layer_config(base_config(), Json::object(), args_); }

Handle<SoftmaxImpl> Softmax(SoftmaxArgs args) { return make<SoftmaxImpl>(std::move(args)); }

}  // namespace cornu::keras::layers

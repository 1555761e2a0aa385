#include "cornu/keras/layers/core/identity.h"

namespace cornu::keras::layers {

IdentityImpl::IdentityImpl(IdentityArgs args) : LayerImpl(base_args(args)) {
  build_from({});  // no weights: built from the start, as in Keras
}

Tensor IdentityImpl::call(const Tensor& x, const CallContext&) { return x; }

Handle<IdentityImpl> Identity(IdentityArgs args) { return make<IdentityImpl>(std::move(args)); }

}  // namespace cornu::keras::layers

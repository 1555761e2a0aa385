#include "cornu/keras/layers/normalization/unit_normalization.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/ops/nn.h"

namespace cornu::keras::layers {

UnitNormalizationImpl::UnitNormalizationImpl(UnitNormalizationArgs args) : LayerImpl(base_args(args)), args_(std::move(args)) {
  build_from({});  // no weights: built from the start, as in Keras
}

Tensor UnitNormalizationImpl::call(const Tensor& x, const CallContext&) { return ops::normalize(x, args_.axis, 2, 1e-12); }

void UnitNormalizationImpl::write_config(LayerConfig& config) const { config.add(args_); }

Handle<UnitNormalizationImpl> UnitNormalization(UnitNormalizationArgs args) {
  return make<UnitNormalizationImpl>(std::move(args));
}

}  // namespace cornu::keras::layers

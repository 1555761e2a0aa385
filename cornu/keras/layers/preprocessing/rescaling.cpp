#include "cornu/keras/layers/preprocessing/rescaling.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/ops/core.h"

namespace cornu::keras::layers {

RescalingImpl::RescalingImpl(Numbers scale, RescalingArgs args)
    : LayerImpl(base_args(args)), scale_(std::move(scale)), args_(std::move(args)) {
  if (!scale_ || !args_.offset) throw ValueError("`scale` and `offset` must be numbers. Received: None");
}

Tensor RescalingImpl::call(const Tensor& x, const CallContext&) {
  const DType dtype = compute_dtype();
  return ops::cast(x, dtype) * scale_.tensor(dtype) + args_.offset.tensor(dtype);
}

void RescalingImpl::write_config(LayerConfig& config) const { config.add("scale", scale_).add(args_); }

Handle<RescalingImpl> Rescaling(Numbers scale, RescalingArgs args) {
  return make<RescalingImpl>(std::move(scale), std::move(args));
}

}  // namespace cornu::keras::layers

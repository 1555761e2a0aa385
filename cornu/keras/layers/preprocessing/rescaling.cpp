#include "cornu/keras/layers/preprocessing/rescaling.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/ops/core.h"

namespace cornu::keras::layers {

Tensor RescalingImpl::call(const Tensor& x, const CallContext&) {
  const DType dtype = compute_dtype();
  return ops::cast(x, dtype) * scale_.tensor(dtype) + args_.offset.tensor(dtype);
}

void RescalingImpl::write_config(LayerConfig& config) const { config.add("scale", scale_).add(args_); }

Handle<RescalingImpl> Rescaling(Numbers scale, RescalingArgs args) {
  return make<RescalingImpl>(std::move(scale), std::move(args));
}

}  // namespace cornu::keras::layers

#include "cornu/keras/layers/normalization/rms_normalization.h"

#include <algorithm>

#include "cornu/keras/layers/config.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/math.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::layers {

void RMSNormalizationImpl::build(const Shape& input_shape) {
  std::vector<int64_t> axes = args_.axis.values();
  std::sort(axes.begin(), axes.end());
  args_.axis = axes;
  Shape shape;
  for (int64_t axis : axes) shape.push_back(input_shape[normalize_axis(int(axis), input_shape.rank(), "RMSNormalization")]);
  scale_ = add_weight("scale", shape, {.initializer = "ones"});
}

Tensor RMSNormalizationImpl::call(const Tensor& given, const CallContext&) {
  const Tensor x = ops::cast(given, result_type(given.dtype(), float32));
  const Tensor inverse = ops::rsqrt(ops::mean(ops::square(x), args_.axis, true) + args_.epsilon);
  return ops::cast(x * inverse * ops::cast(scale_, x.dtype()), given.dtype());
}

void RMSNormalizationImpl::write_config(LayerConfig& config) const { config.add(args_); }

Handle<RMSNormalizationImpl> RMSNormalization(RMSNormalizationArgs args) { return make<RMSNormalizationImpl>(std::move(args)); }

}  // namespace cornu::keras::layers

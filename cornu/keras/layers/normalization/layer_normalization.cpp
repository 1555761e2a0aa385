#include "cornu/keras/layers/normalization/layer_normalization.h"

#include <algorithm>

#include "cornu/keras/layers/config.h"
#include "cornu/keras/layers/normalization/affine.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::layers {

LayerNormalizationImpl::LayerNormalizationImpl(LayerNormalizationArgs args)
    : LayerImpl(base_args(args)), args_(std::move(args)) {}

void LayerNormalizationImpl::build(const Shape& input_shape) {
  std::vector<int64_t> axes = args_.axis.values();
  std::sort(axes.begin(), axes.end());
  args_.axis = axes;
  Shape shape;
  for (int64_t axis : axes) {
    shape.push_back(input_shape[normalize_axis(int(axis), input_shape.rank(), "LayerNormalization")]);
    if (shape[-1] == Shape::kUnknown)
      throw error<ValueError>("Axis {} of the input of layer \"{}\" should have a defined dimension. Received: input_shape={}",
                              axis, name(), to_string(input_shape));
  }
  if (args_.scale || args_.rms_scaling)
    gamma_ = add_weight("gamma", shape,
                        {.initializer = args_.gamma_initializer,
                         .autocast = false,
                         .regularizer = args_.gamma_regularizer,
                         .constraint = args_.gamma_constraint});
  if (args_.center && !args_.rms_scaling)
    beta_ = add_weight("beta", shape,
                       {.initializer = args_.beta_initializer,
                        .autocast = false,
                        .regularizer = args_.beta_regularizer,
                        .constraint = args_.beta_constraint});
}

Tensor LayerNormalizationImpl::call(const Tensor& input, const CallContext&) {
  const Tensor x = ops::cast(input, result_type(input.dtype(), float32));
  const auto axes = normalize_axes(args_.axis.as_ints(), x.rank(), "LayerNormalization", false);
  Shape beside(std::vector<int64_t>(x.rank(), 1));  // of a weight beside x
  for (int axis : axes) beside[axis] = x.shape()[axis];
  auto weight = [&](const Variable& v) { return v.exists() ? ops::reshape(ops::cast(v.value(), x.dtype()), beside) : Tensor(); };
  const Tensor mean = ops::mean(x, axes, true), variance = ops::mean(ops::square(x - mean), axes, true);
  const auto [factor, shift] = normalizing(mean, variance, args_.epsilon, weight(gamma_), weight(beta_));
  return ops::cast(args_.rms_scaling ? x * factor : x * factor + shift, compute_dtype());
}

void LayerNormalizationImpl::write_config(LayerConfig& config) const { config.add(args_); }

Handle<LayerNormalizationImpl> LayerNormalization(LayerNormalizationArgs args) {
  return make<LayerNormalizationImpl>(std::move(args));
}

}  // namespace cornu::keras::layers

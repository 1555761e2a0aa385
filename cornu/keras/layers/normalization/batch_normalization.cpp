#include "cornu/keras/layers/normalization/batch_normalization.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::layers {

void BatchNormalizationImpl::build(const Shape& input_shape) {
  const Shape shape{input_shape[args_.axis]};
  if (args_.scale)
    gamma_ = add_weight("gamma", shape, {.initializer = args_.gamma_initializer, .autocast = false, .regularizer = args_.gamma_regularizer,
                                         .constraint = args_.gamma_constraint});
  if (args_.center)
    beta_ = add_weight("beta", shape, {.initializer = args_.beta_initializer, .autocast = false, .regularizer = args_.beta_regularizer,
                                       .constraint = args_.beta_constraint});
  moving_mean_ = add_weight("moving_mean", shape, {.initializer = args_.moving_mean_initializer, .trainable = false, .autocast = false});
  moving_variance_ = add_weight("moving_variance", shape, {.initializer = args_.moving_variance_initializer, .trainable = false, .autocast = false});
}

Tensor BatchNormalizationImpl::call(const Tensor& given, const CallContext& context) {
  const int axis = normalize_axis(args_.axis, given.rank(), "BatchNormalization");
  // 16-bit floats are normalised in float32.
  const Tensor x = given.dtype().size() == 2 ? ops::cast(given, float32) : given;
  Shape broadcast(std::vector<int64_t>(x.rank(), 1));
  broadcast[axis] = x.shape()[axis];
  auto per_axis = [&](const Tensor& t) { return ops::reshape(ops::cast(t, x.dtype()), broadcast); };

  Tensor mean = moving_mean_, variance = moving_variance_;
  if (context.training && trainable()) {
    std::vector<int> others;
    for (int i = 0; i < x.rank(); ++i)
      if (i != axis) others.push_back(i);
    mean = ops::mean(x, IntOrList(others));
    variance = ops::mean(ops::square(x - per_axis(mean)), IntOrList(others));
    moving_mean_.assign(moving_mean_.value() * args_.momentum + ops::cast(mean, moving_mean_.dtype()) * (1.0 - args_.momentum));
    moving_variance_.assign(moving_variance_.value() * args_.momentum + ops::cast(variance, moving_variance_.dtype()) * (1.0 - args_.momentum));
  }
  Tensor factor = ops::reciprocal(ops::sqrt(ops::cast(variance, x.dtype()) + args_.epsilon));
  if (args_.scale) factor = factor * ops::cast(gamma_, x.dtype());
  Tensor out = (x - per_axis(mean)) * per_axis(factor);
  if (args_.center) out = out + per_axis(beta_);
  return ops::cast(out, given.dtype());
}

Json BatchNormalizationImpl::get_config() const { return layer_config(base_config(), Json::object(), args_); }

Handle<BatchNormalizationImpl> BatchNormalization(BatchNormalizationArgs args) { return make<BatchNormalizationImpl>(std::move(args)); }

}  // namespace cornu::keras::layers

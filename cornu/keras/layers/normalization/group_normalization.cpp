#include "cornu/keras/layers/normalization/group_normalization.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/layers/normalization/affine.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::layers {

GroupNormalizationImpl::GroupNormalizationImpl(GroupNormalizationArgs args) : LayerImpl(base_args(args)), args_(std::move(args)) {
  if (args_.groups <= 0 && args_.groups != -1)
    throw error<ValueError>(
        "Received an invalid value for argument `groups`, expected a positive integer (or `-1` for instance normalization). "
        "Received: groups={}",
        args_.groups);
}

void GroupNormalizationImpl::build(const Shape& input_shape) {
  const int64_t channels = input_shape[normalize_axis(args_.axis, input_shape.rank(), "GroupNormalization")];
  if (channels == Shape::kUnknown)
    throw error<ValueError>(
        "Axis {} of input tensor should have a defined dimension but the layer received an input with shape {}.", args_.axis,
        to_string(input_shape));
  if (channels < 1)
    throw error<ValueError>("Axis {} of the input has no channels to normalize. Received: input_shape={}", args_.axis,
                            to_string(input_shape));
  if (args_.groups == -1) args_.groups = channels;
  if (channels % args_.groups != 0)
    throw error<ValueError>("Number of groups ({}) must be a divisor of the number of channels ({}).", args_.groups, channels);
  if (args_.scale)
    gamma_ = add_weight("gamma", {channels},
                        {.initializer = args_.gamma_initializer,
                         .autocast = false,
                         .regularizer = args_.gamma_regularizer,
                         .constraint = args_.gamma_constraint});
  if (args_.center)
    beta_ = add_weight("beta", {channels},
                       {.initializer = args_.beta_initializer,
                        .autocast = false,
                        .regularizer = args_.beta_regularizer,
                        .constraint = args_.beta_constraint});
}

// The channels' axis becomes two, the groups and the channels of a group: (batch, ..., groups, channels / groups).
Tensor GroupNormalizationImpl::call(const Tensor& given, const CallContext&) {
  const int axis = normalize_axis(args_.axis, given.rank(), "GroupNormalization");
  const int64_t each = given.shape()[axis] / args_.groups;
  Shape grouped, beside;  // of x, and of a weight beside it
  std::vector<int> axes;  // of a group
  for (int i = 0; i < given.rank(); ++i) {
    grouped.push_back(i == axis ? args_.groups : given.shape()[i]);
    beside.push_back(i == axis ? args_.groups : 1);
    if (i == axis) grouped.push_back(each), beside.push_back(each);
  }
  for (int i = 1; i < grouped.rank(); ++i)
    if (i != axis) axes.push_back(i);
  const Tensor x = ops::reshape(ops::cast(given, result_type(given.dtype(), float32)), grouped);
  auto weight = [&](const Variable& v) { return v.exists() ? ops::reshape(ops::cast(v.value(), x.dtype()), beside) : Tensor(); };
  const Tensor mean = ops::mean(x, axes, true), variance = ops::mean(ops::square(x - mean), axes, true);
  const auto [factor, shift] = normalizing(mean, variance, args_.epsilon, weight(gamma_), weight(beta_));
  return ops::cast(ops::reshape(x * factor + shift, given.shape()), compute_dtype());
}

void GroupNormalizationImpl::write_config(LayerConfig& config) const { config.add(args_); }

Handle<GroupNormalizationImpl> GroupNormalization(GroupNormalizationArgs args) {
  return make<GroupNormalizationImpl>(std::move(args));
}

}  // namespace cornu::keras::layers

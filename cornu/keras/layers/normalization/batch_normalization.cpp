#include "cornu/keras/layers/normalization/batch_normalization.h"

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "cornu/keras/layers/config.h"
#include "cornu/keras/layers/normalization/affine.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/nn.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras {

void write_json(const RenormClipping& clipping, Json& out) {
  saving::write_fields(clipping, out);
  for (const char* key : {"rmax", "rmin", "dmax"})
    if (out[key].is_null()) out.erase(key);
}
void read_json(const Json& json, RenormClipping& clipping) {
  if (!json.is_object()) saving::mismatch("an object", json);
  for (const auto& [key, value] : json.items())
    if (key != "rmax" && key != "rmin" && key != "dmax")
      throw error<ValueError>("Received invalid keys for `renorm_clipping` argument: {}. Supported values: rmax, rmin, dmax.",
                              key);
  clipping = saving::from_json<RenormClipping>(json);
}

namespace layers {
namespace {

struct Moments {
  Tensor mean, variance;
};
// Along `axis`, of the positions that the mask counts (of all without one); `broadcast` is the shape of a mean beside x.
Moments moments(const Tensor& x, const Tensor& mask, int axis, const Shape& broadcast) {
  std::vector<int> others;
  for (int i = 0; i < x.rank(); ++i)
    if (i != axis) others.push_back(i);
  const IntOrList axes(others);
  std::function<Tensor(const Tensor&)> average = [&](const Tensor& t) { return ops::mean(t, axes); };
  if (mask.exists()) {
    const Tensor counts = ops::broadcast_to(ops::expand_dims(ops::cast(mask, bool_), -1), x.shape());
    const Tensor weight = ops::sum(ops::cast(counts, x.dtype()), axes) + config::epsilon();
    average = [&axes, counts, weight](const Tensor& t) { return ops::sum(ops::where(counts, t, 0.0), axes) / weight; };
  }
  const Tensor mean = average(x);
  return {mean, average(ops::square(x - ops::reshape(mean, broadcast)))};
}

}  // namespace

BatchNormalizationImpl::BatchNormalizationImpl(BatchNormalizationArgs args) : LayerImpl(base_args(args)), args_(std::move(args)) {
  if (!args_.renorm) return;
  if (!args_.renorm_clipping) args_.renorm_clipping.emplace();
  const auto& [rmax, rmin, dmax] = *args_.renorm_clipping;
  if (rmax && rmin && *rmax < *rmin)
    throw error<ValueError>("rmax should be greater than rmin in the `renorm_clipping` argument. Received: rmax={}, rmin={}.",
                            *rmax, *rmin);
  if (dmax && *dmax < 0)
    throw error<ValueError>("dmax should be non-negative in the `renorm_clipping` argument. Received: dmax={}.", *dmax);
}

void BatchNormalizationImpl::build(const Shape& input_shape) {
  const Shape shape{input_shape[normalize_axis(args_.axis, input_shape.rank(), "BatchNormalization")]};
  if (args_.scale)
    gamma_ = add_weight("gamma", shape,
                        {.initializer = args_.gamma_initializer,
                         .autocast = false,
                         .regularizer = args_.gamma_regularizer,
                         .constraint = args_.gamma_constraint});
  if (args_.center)
    beta_ = add_weight("beta", shape,
                       {.initializer = args_.beta_initializer,
                        .autocast = false,
                        .regularizer = args_.beta_regularizer,
                        .constraint = args_.beta_constraint});
  auto average = [&](const char* name, const Initializer& initializer) {
    return add_weight(name, shape, {.initializer = initializer, .trainable = false, .autocast = false});
  };
  moving_mean_ = average("moving_mean", args_.moving_mean_initializer);
  moving_variance_ = average("moving_variance", args_.moving_variance_initializer);
  if (!args_.renorm) return;
  auto deviation = [&](const char* name) {
    const Variable out = average(name, args_.moving_variance_initializer);
    out.assign(ops::sqrt(out));
    return out;
  };
  moving_stddev_ = deviation("moving_stddev");
  renorm_mean_ = average("renorm_mean", args_.moving_mean_initializer);
  renorm_stddev_ = deviation("renorm_stddev");
}

BatchNormalizationImpl::Correction BatchNormalizationImpl::correction(const Tensor& mean, const Tensor& stddev) const {
  const Tensor slow_stddev = ops::maximum(ops::cast(renorm_stddev_, mean.dtype()), std::sqrt(args_.epsilon));
  Tensor r = stddev / slow_stddev, d = (mean - ops::cast(renorm_mean_, mean.dtype())) / slow_stddev;
  const auto& [rmax, rmin, dmax] = *args_.renorm_clipping;
  if (rmin) r = ops::maximum(r, *rmin);
  if (rmax) r = ops::minimum(r, *rmax);
  if (dmax) d = ops::clip(d, -*dmax, *dmax);
  return {ops::stop_gradient(r), ops::stop_gradient(d)};
}

void BatchNormalizationImpl::update_averages(const Tensor& mean, const Tensor& variance) {
  auto update = [](const Variable& average, const Tensor& batch, double momentum) {
    average.assign(average.value() * momentum + ops::cast(batch, average.dtype()) * (1.0 - momentum));
  };
  update(moving_mean_, mean, args_.momentum);
  if (!args_.renorm) return update(moving_variance_, variance, args_.momentum);
  const Tensor stddev = ops::sqrt(variance + args_.epsilon);
  update(renorm_mean_, mean, args_.renorm_momentum);
  update(renorm_stddev_, stddev, args_.renorm_momentum);
  update(moving_stddev_, stddev, args_.momentum);
  moving_variance_.assign(ops::relu(ops::square(moving_stddev_.value()) - args_.epsilon));
}

Tensor BatchNormalizationImpl::call(const Tensor& given, const CallContext& context) {
  const int axis = normalize_axis(args_.axis, given.rank(), "BatchNormalization");
  const Tensor mask = given.mask();
  if (mask.exists() && mask.rank() != given.rank() - 1)
    throw error<ValueError>(
        "The mask provided should be one dimension less than the inputs. Received: mask.shape={}, inputs.shape={}",
        to_string(mask.shape()), to_string(given.shape()));
  const Tensor x = ops::cast(given, result_type(given.dtype(), float32));
  Shape broadcast(std::vector<int64_t>(x.rank(), 1));
  broadcast[axis] = x.shape()[axis];
  auto per_axis = [&](const Tensor& t) { return ops::reshape(t, broadcast); };

  Tensor mean = moving_mean_, variance = moving_variance_, scale, offset;
  if (args_.scale) scale = ops::cast(gamma_, x.dtype());
  if (args_.center) offset = ops::cast(beta_, x.dtype());
  if (context.training && trainable()) {
    const Moments of_batch = moments(x, mask, axis, broadcast);
    mean = of_batch.mean;
    variance = of_batch.variance;
    if (args_.renorm) {
      // (x r + d) scale + offset
      const auto [r, d] = correction(mean, ops::sqrt(variance + args_.epsilon));
      const Tensor shift = scale.exists() ? d * scale : d;
      scale = scale.exists() ? r * scale : r;
      offset = offset.exists() ? shift + offset : shift;
    }
    update_averages(mean, variance);
  }
  const auto [factor, shift] =
      normalizing(ops::cast(mean, x.dtype()), ops::cast(variance, x.dtype()), args_.epsilon, scale, offset);
  return ops::cast(x * per_axis(factor) + per_axis(shift), compute_dtype());
}

void BatchNormalizationImpl::write_config(LayerConfig& config) const { config.add(args_); }

Handle<BatchNormalizationImpl> BatchNormalization(BatchNormalizationArgs args) {
  return make<BatchNormalizationImpl>(std::move(args));
}

}  // namespace layers
}  // namespace cornu::keras

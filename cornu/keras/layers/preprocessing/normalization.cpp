#include "cornu/keras/layers/preprocessing/normalization.h"

#include <algorithm>

#include "cornu/keras/layers/config.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::layers {
namespace {

std::string text_of(const Numbers& numbers) { return numbers ? to_string(*numbers.shape) : "None"; }

}  // namespace

NormalizationImpl::NormalizationImpl(NormalizationArgs args) : LayerImpl(base_args(args)), args_(std::move(args)) {
  args_.axis = args_.axis.values();  // none is an empty list
  if (bool(args_.mean) != bool(args_.variance))
    throw error<ValueError>(
        "When setting values directly, both `mean` and `variance` must be set. Received: mean of shape {} and variance of shape "
        "{}",
        text_of(args_.mean), text_of(args_.variance));
  if (!args_.mean) return;
  if (args_.mean.shape != args_.variance.shape)
    throw error<ValueError>(
        "When setting values directly, `mean` and `variance` must have the same shape. Received: mean shape {} and variance "
        "shape {}",
        text_of(args_.mean), text_of(args_.variance));
  if (args_.mean.shape->rank() > int(args_.axis.values().size()))
    throw error<ValueError>(
        "The rank of `mean` must be less than or equal to the number of axes ({}). Received: mean shape {} for axis {}",
        args_.axis.values().size(), text_of(args_.mean), to_string(args_.axis));
}

std::vector<int> NormalizationImpl::kept(const Shape& input) const {
  std::vector<int> out;
  for (int64_t axis : args_.axis.values()) {
    out.push_back(normalize_axis(int(axis), input.rank(), "Normalization"));
    if (input[out.back()] == Shape::kUnknown)
      throw error<ValueError>("All `axis` values to be kept must have a known shape. Received axis={}, inputs.shape={}",
                              to_string(args_.axis), to_string(input));
  }
  std::sort(out.begin(), out.end());
  return out;
}

void NormalizationImpl::build(const Shape& input_shape) {
  Shape shape;
  for (int axis : kept(input_shape)) shape.push_back(input_shape[axis]);
  if (args_.mean) {
    Shape both;
    if (!broadcast_shapes(*args_.mean.shape, shape, both) || both != shape)
      throw error<ValueError>("A `mean` of shape {} does not fit the axes {} of an input of shape {}.", text_of(args_.mean),
                              to_string(args_.axis), to_string(input_shape));
    return;
  }
  mean_ = add_weight("mean", shape, {.initializer = "zeros", .trainable = false});
  variance_ = add_weight("variance", shape, {.initializer = "ones", .trainable = false});
  add_weight("count", {}, {.initializer = "zeros", .dtype = "int32", .trainable = false});  // nothing reads it: files have it
}

// The last axes of a statistic are the last ones of those kept; the others of x have one element.
Tensor NormalizationImpl::beside(const Tensor& statistic, const Shape& input) const {
  const auto axes = kept(input);
  Shape shape(std::vector<int64_t>(input.rank(), 1));
  for (int i = 1; i <= statistic.rank(); ++i) shape[axes[axes.size() - i]] = statistic.shape()[-i];
  return ops::reshape(ops::cast(statistic, compute_dtype()), shape);
}

void NormalizationImpl::adapt(const std::vector<Tensor>& batches) {
  if (batches.empty()) throw ValueError("adapt() received no batches. Expected at least one.");
  if (!built()) build_from(batches[0].shape());
  if (!mean_.exists()) throw error<ValueError>("Layer \"{}\" was given its mean and variance: it cannot adapt.", name());
  Tensor mean = ops::zeros(mean_.shape(), float32), variance = mean;
  double count = 0;
  for (const Tensor& batch : batches) {
    const Tensor x = ops::cast(batch, float32);
    const auto axes = kept(x.shape());
    std::vector<int> reduced;
    double of_batch = 1;
    for (int i = 0; i < x.rank(); ++i)
      if (std::find(axes.begin(), axes.end(), i) == axes.end()) reduced.push_back(i), of_batch *= double(x.shape()[i]);
    Shape shape;
    for (int axis : axes) shape.push_back(x.shape()[axis]);
    if (shape != mean_.shape())
      throw error<ValueError>(
          "The layer was built for a mean of shape {}, but adapt() is being called with data with an incompatible shape, "
          "data.shape={}",
          to_string(mean_.shape()), to_string(x.shape()));
    if (of_batch == 0) continue;
    // The moments of what was seen and of the batch, together.
    const double share = of_batch / (count += of_batch);
    const Tensor batch_mean = ops::mean(x, reduced), batch_variance = ops::var(x, reduced);
    const Tensor both = mean * (1 - share) + batch_mean * share;
    variance = (variance + ops::square(mean - both)) * (1 - share) + (batch_variance + ops::square(batch_mean - both)) * share;
    mean = both;
  }
  mean_.assign(mean);
  variance_.assign(variance);
}

Tensor NormalizationImpl::call(const Tensor& given, const CallContext&) {
  const Tensor x = ops::cast(given, compute_dtype());
  const Tensor mean = beside(args_.mean ? args_.mean.tensor(float32) : mean_.value(), x.shape());
  const Tensor variance = beside(args_.mean ? args_.variance.tensor(float32) : variance_.value(), x.shape());
  const Tensor deviation = ops::maximum(ops::sqrt(variance), config::epsilon());
  return args_.invert ? mean + x * deviation : (x - mean) / deviation;
}

void NormalizationImpl::write_config(LayerConfig& config) const { config.add_null("axis").add_null("invert").add(args_); }

Handle<NormalizationImpl> Normalization(NormalizationArgs args) { return make<NormalizationImpl>(std::move(args)); }

}  // namespace cornu::keras::layers

#include "cornu/keras/metrics/reduction_metrics.h"

#include "cornu/keras/losses/reduction.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::metrics {
namespace {

struct Weighted {
  Tensor values, weight;
};

// Values and weights of one shape; values of more axes than the weights are averaged over the rest
// (keras/src/metrics/reduction_metrics.py, reduce_to_samplewise_values).
Weighted samplewise(Tensor values, Tensor weight, DType dtype) {
  const Tensor mask = values.mask();
  values = ops::cast(values, dtype);
  if (mask.exists()) weight = weight.exists() ? ops::cast(weight, dtype) * ops::cast(mask, dtype) : ops::cast(mask, dtype);
  if (!weight.exists()) return {values, {}};
  std::tie(values, weight) = to_same_rank(values, ops::cast(weight, dtype));
  if (weight.rank() != 0 && values.rank() > weight.rank()) {
    std::vector<int> rest;
    for (int axis = weight.rank(); axis < values.rank(); ++axis) rest.push_back(axis);
    values = ops::mean(values, IntOrList(rest));
  }
  return {values * weight, ops::broadcast_to(weight, values.shape())};
}

}  // namespace

MeanImpl::MeanImpl(std::string name, DTypePolicy dtype) : MetricImpl(std::move(name), std::move(dtype)) {
  total_ = add_variable("total", {});
  count_ = add_variable("count", {});
}

void MeanImpl::update_state(const Tensor&, const Tensor& values, const Tensor& sample_weight) {
  const Weighted weighted = samplewise(values, sample_weight, dtype());
  total_.assign_add(ops::sum(weighted.values));
  count_.assign_add(weighted.weight.exists() ? ops::sum(weighted.weight) : Tensor(static_cast<double>(weighted.values.size())));
}

Tensor MeanImpl::result() const { return ops::divide_no_nan(total_.value(), count_.value()); }

MeanMetricWrapperImpl::MeanMetricWrapperImpl(Metric::Function function, std::string name, std::string class_name, DTypePolicy dtype)
    : MeanImpl(std::move(name), std::move(dtype)), function_(std::move(function)), class_name_(std::move(class_name)) {}

void MeanMetricWrapperImpl::update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) {
  const Tensor mask = y_pred.mask();
  const Tensor target = y_true.dtype().is_floating() ? ops::cast(y_true, dtype()) : y_true;
  MeanImpl::update_state({}, function_(target, ops::cast(y_pred, dtype())).with_mask(mask), sample_weight);
}

Metric Mean(MeanArgs args) { return Metric(std::make_shared<MeanImpl>(args.name, args.dtype)); }

}  // namespace cornu::keras::metrics

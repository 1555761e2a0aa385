#include "cornu/keras/metrics/reduction_metrics.h"

#include "cornu/keras/losses/reduction.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::metrics {
namespace {

struct Samples {
  Tensor values, weight;
};

Tensor mean_from(const Tensor& values, int first_axis) {
  if (values.rank() <= first_axis) return values;
  std::vector<int> axes;
  for (int axis = first_axis; axis < values.rank(); ++axis) axes.push_back(axis);
  return ops::mean(values, IntOrList(axes));
}

// One weighted value an example, and its weight (keras/src/metrics/reduction_metrics.py, reduce_to_samplewise_values).
Samples samplewise(Tensor values, Tensor weight, DType dtype) {
  const Tensor mask = values.mask();
  values = ops::cast(values, dtype);
  if (!weight.exists()) return {mean_from(values, 1), {}};
  weight = apply_mask(ops::cast(weight, dtype), mask, dtype, "sum");
  std::tie(values, weight) = to_same_rank(values, weight);
  values = mean_from(values, weight.rank());
  const int rank = weight.rank();
  weight = ops::broadcast_to(weight, values.shape());
  values = values * weight;
  return {mean_from(values, 1), rank > 1 ? mean_from(weight, 1) : weight};
}

}  // namespace

MeanImpl::MeanImpl(std::string name, DTypePolicy dtype) : MetricImpl(std::move(name), std::move(dtype)) {
  total_ = add_variable("total", {});
  count_ = add_variable("count", {});
}

void MeanImpl::update_state(const Tensor&, const Tensor& values, const Tensor& sample_weight) {
  const Samples samples = samplewise(values, sample_weight, dtype());
  total_.assign_add(ops::sum(samples.values));
  count_.assign_add(samples.weight.exists() ? ops::sum(samples.weight) : Tensor(static_cast<double>(samples.values.size())));
}

Tensor MeanImpl::result() const { return ops::divide_no_nan(total_.value(), count_.value()); }

MeanMetricWrapperImpl::MeanMetricWrapperImpl(Metric::Function function, std::string name, std::string class_name,
                                             DTypePolicy dtype, MetricDirection direction)
    : MeanImpl(std::move(name), std::move(dtype)),
      function_(std::move(function)),
      class_name_(std::move(class_name)),
      direction_(direction) {}

void MeanMetricWrapperImpl::update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) {
  const Tensor target = y_true.dtype().is_floating() ? ops::cast(y_true, dtype()) : y_true;
  MeanImpl::update_state({}, function_(target, ops::cast(y_pred, dtype())),
                         apply_mask(sample_weight, y_pred.mask(), dtype(), "sum"));
}

Metric Mean(MeanArgs args) { return Metric(std::make_shared<MeanImpl>(args.name, args.dtype)); }

}  // namespace cornu::keras::metrics

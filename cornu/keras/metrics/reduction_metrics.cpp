#include "cornu/keras/metrics/reduction_metrics.h"

#include "cornu/keras/losses/reduction.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::metrics {
namespace {

using Reduction = Tensor (*)(const Tensor& x, const IntOrList& axis, bool keepdims);

struct Samples {
  Tensor values, weight;
};

Tensor reduced_from(const Tensor& values, int first_axis, Reduction reduce) {
  if (values.rank() <= first_axis) return values;
  std::vector<int> axes;
  for (int axis = first_axis; axis < values.rank(); ++axis) axes.push_back(axis);
  return reduce(values, IntOrList(axes), false);
}

// One weighted value an example, and its weight (keras/src/metrics/reduction_metrics.py, reduce_to_samplewise_values).
Samples samplewise(Tensor values, Tensor weight, Reduction reduce, DType dtype) {
  const Tensor mask = values.mask();
  values = ops::cast(values, dtype);
  if (!weight.exists()) return {reduced_from(values, 1, reduce), {}};
  weight = apply_mask(ops::cast(weight, dtype), mask, dtype, "sum");
  std::tie(values, weight) = to_same_rank(values, weight);
  values = reduced_from(values, weight.rank(), reduce);
  const int rank = weight.rank();
  weight = ops::broadcast_to(weight, values.shape());
  values = values * weight;
  return {reduced_from(values, 1, reduce), rank > 1 ? reduced_from(weight, 1, reduce) : weight};
}

class SumImpl final : public MetricImpl {
 public:
  explicit SumImpl(const SumArgs& args) : MetricImpl(args.name, args.dtype), total_(add_variable("total", {})) {}
  std::string class_name() const override { return "Sum"; }
  void update_state(const Tensor&, const Tensor& values, const Tensor& sample_weight) override {
    total_.assign_add(ops::sum(samplewise(values, sample_weight, ops::sum, dtype()).values));
  }
  Tensor result() const override { return total_.value(); }

 private:
  Variable total_;
};

}  // namespace

MeanImpl::MeanImpl(std::string name, DTypePolicy dtype) : MetricImpl(std::move(name), std::move(dtype)) {
  total_ = add_variable("total", {});
  count_ = add_variable("count", {});
}

void MeanImpl::update_state(const Tensor&, const Tensor& values, const Tensor& sample_weight) {
  const Samples samples = samplewise(values, sample_weight, ops::mean, dtype());
  total_.assign_add(ops::sum(samples.values));
  count_.assign_add(samples.weight.exists() ? ops::sum(samples.weight) : Tensor(static_cast<double>(samples.values.size())));
}

Tensor MeanImpl::result() const { return ops::divide_no_nan(total_.value(), count_.value()); }

MeanMetricWrapperImpl::MeanMetricWrapperImpl(std::string name, DTypePolicy dtype, Metric::Function function)
    : MeanImpl(std::move(name), std::move(dtype)), function_(std::move(function)) {}

void MeanMetricWrapperImpl::update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) {
  const Tensor target = y_true.dtype().is_floating() ? ops::cast(y_true, dtype()) : y_true;
  MeanImpl::update_state({}, function_(target, ops::cast(y_pred, dtype())),
                         apply_mask(sample_weight, y_pred.mask(), dtype(), "sum"));
}

Metric Mean(MeanArgs args) { return Metric(std::make_shared<MeanImpl>(args.name, args.dtype)); }
Metric Sum(SumArgs args) { return Metric(std::make_shared<SumImpl>(args)); }

}  // namespace cornu::keras::metrics

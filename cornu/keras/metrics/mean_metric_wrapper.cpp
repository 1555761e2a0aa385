#include "cornu/keras/metrics/mean_metric_wrapper.h"

#include "cornu/keras/losses/losses.h"
#include "cornu/keras/metrics/metric_of.h"
#include "cornu/keras/saving/serialization.h"

namespace cornu::keras::metrics {

MetricFunction::MetricFunction(const std::string& name) : name_(name) {
  function_ = [loss = Loss(name)](const Tensor& y_true, const Tensor& y_pred) { return loss->call(y_true, y_pred); };
}

void write_json(const MetricFunction& function, Json& out) { out = serialize_function(function.name()); }
void read_json(const Json& json, MetricFunction& function) { function = MetricFunction(object_config(json).class_name); }

Metric MeanMetricWrapper(MeanMetricWrapperArgs args) {
  if (!args.fn.function()) throw ValueError("`fn` is needed: the function whose mean is watched. Received: fn=None");
  const auto direction = find_row(losses::registry(), args.fn.name()) ? MetricDirection::down : MetricDirection::unknown;
  const Metric::Function function = args.fn.function();
  using Wrapper = MetricOf<MeanMetricWrapperArgs, MeanMetricWrapperImpl>;
  return Metric(std::make_shared<Wrapper>("MeanMetricWrapper", std::move(args), direction, function));
}

}  // namespace cornu::keras::metrics

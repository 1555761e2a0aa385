#include "cornu/keras/metrics/metric.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "cornu/base/python_names.h"
#include "cornu/keras/metrics/reduction_metrics.h"
#include "cornu/keras/ops/operation.h"
#include "cornu/trace.h"

namespace cornu::keras {

PYTHON_NAMES("keras.Metric");
MetricImpl::MetricImpl(std::string name, DTypePolicy dtype) : name_(std::move(name)), dtype_(std::move(dtype)) {}

std::string MetricImpl::trackable_name() const { return to_snake_case(class_name()); }

Variable MetricImpl::add_variable(const std::string& name, Shape shape, double value) {
  const OutsideTrace outside;
  Variable variable(dtype(), std::move(shape), {.name = name, .trainable = false, .aggregation = "sum"});
  if (value != 0) variable.assign(value);
  variable.set_path(name_ + "/" + name);
  return variables_.emplace_back(std::move(variable));
}

void MetricImpl::reset_state() {
  for (const Variable& v : variables_) std::memset(v.write_bytes(), 0, static_cast<std::size_t>(v.size()) * v.dtype().size());
}

Tensor MetricImpl::operator()(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) {
  update_state(y_true, y_pred, sample_weight);
  return result();
}

Json MetricImpl::get_config() const { return Json{{"name", name_}, {"dtype", dtype_.name()}}; }

namespace {

// Files hold a function by its name alone (saving/registration.h).
class FunctionMetric final : public metrics::MeanMetricWrapperImpl {
 public:
  using MeanMetricWrapperImpl::MeanMetricWrapperImpl;
  std::string module_name() const override { return "builtins"; }
  std::string class_name() const override { return "function"; }
  std::string registered_name() const override { return "function"; }
  std::string trackable_name() const override { return "mean_metric_wrapper"; }
  Json get_config() const override { return name(); }
};

}  // namespace

Metric::Metric(Function function, std::string name)
    : impl_(std::make_shared<FunctionMetric>(std::move(function), std::move(name))) {}

}  // namespace cornu::keras

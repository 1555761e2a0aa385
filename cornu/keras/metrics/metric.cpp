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

Variable MetricImpl::add_variable(const std::string& name, Shape shape, double value, std::optional<DType> dtype) {
  const OutsideTrace outside;
  Variable variable(dtype.value_or(this->dtype()), std::move(shape), {.name = name, .trainable = false, .aggregation = "sum"});
  if (value != 0) variable.assign(value);
  variable.set_path(name_ + "/" + name);
  return variables_.emplace_back(std::move(variable));
}

void MetricImpl::check_has_state(const Variable& variable) const {
  if (!variable.exists()) throw error<ValueError>("The metric '{}' has no result before its first `update_state`.", name_);
}

void MetricImpl::check_columns(const Tensor& y_true, const Tensor& y_pred) const {
  if (y_true.rank() == 2 && y_pred.rank() == 2) return;
  throw error<ValueError>(
      "{} expects 2D inputs with shape (batch_size, output_dim). Received input shapes: y_pred.shape={} and y_true.shape={}.",
      class_name(), to_string(y_pred.shape()), to_string(y_true.shape()));
}

void MetricImpl::reset_state() {
  for (const Variable& v : variables_) std::memset(v.write_bytes(), 0, static_cast<std::size_t>(v.size()) * v.dtype().size());
}

Tensor MetricImpl::operator()(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) {
  update_state(y_true, y_pred, sample_weight);
  return result();
}

Json MetricImpl::get_config() const { return Json{{"name", name_}, {"dtype", dtype().name()}}; }

namespace {

// Files hold a function by its name alone (saving/registration.h).
class FunctionMetric final : public metrics::MeanMetricWrapperImpl {
 public:
  FunctionMetric(Metric::Function function, std::string name, MetricDirection direction)
      : MeanMetricWrapperImpl(std::move(name), config::floatx(), std::move(function)), direction_(direction) {}
  std::string module_name() const override { return "builtins"; }
  std::string class_name() const override { return "function"; }
  std::string registered_name() const override { return "function"; }
  std::string trackable_name() const override { return "mean_metric_wrapper"; }
  Json get_config() const override { return name(); }
  MetricDirection direction() const override { return direction_; }

 private:
  MetricDirection direction_;
};

}  // namespace

Metric::Metric(Function function, std::string name, MetricDirection direction)
    : impl_(std::make_shared<FunctionMetric>(std::move(function), std::move(name), direction)) {}

}  // namespace cornu::keras

#pragma once

#include "cornu/keras/metrics/metric.h"

namespace cornu::keras::metrics {

// A function of targets and predictions, with the name that files know it by.
class CORNU_API MetricFunction {
 public:
  MetricFunction() = default;
  MetricFunction(const char* name) : MetricFunction(std::string(name)) {}
  MetricFunction(const std::string& name);  // any loss's function, or a registered one; ValueError: another
  MetricFunction(std::string name, Metric::Function function) : name_(std::move(name)), function_(std::move(function)) {}
  const std::string& name() const { return name_; }
  const Metric::Function& function() const { return function_; }

 private:
  std::string name_;
  Metric::Function function_;
};
CORNU_API void write_json(const MetricFunction& function, Json& out);
CORNU_API void read_json(const Json& json, MetricFunction& function);

struct MeanMetricWrapperArgs {
  std::string name;  // empty: an automatic one, "mean_metric_wrapper"
  DTypePolicy dtype = config::floatx();
  MetricFunction fn;  // needed
};
// The mean of a function's values.
CORNU_API Metric MeanMetricWrapper(MeanMetricWrapperArgs args);

}  // namespace cornu::keras::metrics

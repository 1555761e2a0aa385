#pragma once

// For the files of metrics: a class of Keras is its struct of arguments, which is its config, and how it updates.

#include <nlohmann/json.hpp>

#include "cornu/keras/metrics/reduction_metrics.h"
#include "cornu/keras/ops/operation.h"
#include "cornu/keras/saving/json_fields.h"

namespace cornu::keras::metrics {

// Members of `args` stand in the order of Keras's config; `name` may be empty, and is then Keras's automatic one.
template <class Args, class Base = MetricImpl>
class MetricOf : public Base {
 public:
  template <class... OfBase>
  MetricOf(const char* class_name, Args args, MetricDirection direction, OfBase&&... of_base)
      : Base(args.name.empty() ? auto_name(class_name) : args.name, args.dtype, std::forward<OfBase>(of_base)...),
        args_(std::move(args)),
        class_name_(class_name),
        direction_(direction) {}
  std::string class_name() const override { return class_name_; }
  MetricDirection direction() const override { return direction_; }
  Json get_config() const override {
    Args now = args_;
    now.name = this->name();
    Json config = Json::object();
    saving::add_arguments(now, unsaid_, config);
    config["dtype"] = this->dtype().name();
    return config;
  }

 protected:
  Args args_;
  saving::Unsaid unsaid_;

 private:
  const char* class_name_;
  MetricDirection direction_;
};

// The mean of a function of the arguments, targets and predictions.
template <class Args>
class MeanOf final : public MetricOf<Args, MeanMetricWrapperImpl> {
 public:
  using Function = Tensor (*)(const Args&, const Tensor&, const Tensor&);
  MeanOf(const char* class_name, const Args& args, MetricDirection direction, Function function, saving::Unsaid unsaid)
      : MetricOf<Args, MeanMetricWrapperImpl>(
            class_name, args, direction,
            [args, function](const Tensor& y_true, const Tensor& y_pred) { return function(args, y_true, y_pred); }) {
    this->unsaid_ = std::move(unsaid);
  }
};
template <class Args>
Metric mean_of(const char* class_name, const Args& args, MetricDirection direction, typename MeanOf<Args>::Function function,
               saving::Unsaid unsaid = {}) {
  return Metric(std::make_shared<MeanOf<Args>>(class_name, args, direction, function, std::move(unsaid)));
}

}  // namespace cornu::keras::metrics

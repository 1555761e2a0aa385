#pragma once

#include "cornu/keras/metrics/metric.h"

namespace cornu::keras::metrics {

// The weighted mean of what it is given (as y_pred).
class CORNU_API MeanImpl : public MetricImpl {
 public:
  explicit MeanImpl(std::string name = "mean", DTypePolicy dtype = {});
  std::string class_name() const override { return "Mean"; }
  void update_state(const Tensor& y_true, const Tensor& values, const Tensor& sample_weight = {}) override;
  Tensor result() const override;

 private:
  Variable total_, count_;
};

// The mean of a function of targets and predictions: how a loss or an accuracy becomes a metric.
class CORNU_API MeanMetricWrapperImpl : public MeanImpl {
 public:
  MeanMetricWrapperImpl(Metric::Function function, std::string name, std::string class_name = "MeanMetricWrapper",
                        DTypePolicy dtype = {}, MetricDirection direction = MetricDirection::unknown);
  std::string class_name() const override { return class_name_; }
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = {}) override;
  MetricDirection direction() const override { return direction_; }

 private:
  Metric::Function function_;
  std::string class_name_;
  MetricDirection direction_;
};

struct MeanArgs {
  std::string name = "mean";
  DTypePolicy dtype;
};
CORNU_API Metric Mean(MeanArgs args = {});

}  // namespace cornu::keras::metrics

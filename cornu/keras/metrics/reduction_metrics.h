#pragma once

#include "cornu/keras/metrics/metric.h"

namespace cornu::keras::metrics {

struct MeanArgs {
  std::string name = "mean";
  DTypePolicy dtype = config::floatx();
};
// The weighted mean of what it is given (as y_pred).
CORNU_API Metric Mean(MeanArgs args = {});

struct SumArgs {
  std::string name = "sum";
  DTypePolicy dtype = config::floatx();
};
// The weighted sum of what it is given (as y_pred).
CORNU_API Metric Sum(SumArgs args = {});

class CORNU_API MeanImpl : public MetricImpl {
 public:
  explicit MeanImpl(std::string name = "mean", DTypePolicy dtype = config::floatx());
  std::string class_name() const override { return "Mean"; }
  void update_state(const Tensor& y_true, const Tensor& values, const Tensor& sample_weight = {}) override;
  Tensor result() const override;

 private:
  Variable total_, count_;
};

// The mean of a function of targets and predictions: how a loss or an accuracy becomes a metric.
class CORNU_API MeanMetricWrapperImpl : public MeanImpl {
 public:
  MeanMetricWrapperImpl(std::string name, DTypePolicy dtype, Metric::Function function);
  std::string class_name() const override { return "MeanMetricWrapper"; }
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = {}) override;

 private:
  Metric::Function function_;
};

}  // namespace cornu::keras::metrics

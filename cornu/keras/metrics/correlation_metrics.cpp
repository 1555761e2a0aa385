#include "cornu/keras/metrics/correlation_metrics.h"

#include "cornu/base/python_names.h"
#include "cornu/keras/losses/reduction.h"
#include "cornu/keras/metrics/metric_of.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::metrics {

PYTHON_NAMES("keras.metrics.pearson_correlation");
Tensor pearson_correlation(const Tensor& y_true, const Tensor& y_pred, int axis) {
  const auto [t, p] = to_same_rank(ops::cast(y_true, y_pred.dtype()), y_pred);
  const auto standardized = [axis](const Tensor& x) {
    const Tensor centered = x - ops::mean(x, axis, true);
    return centered / ops::std(centered, axis, true);
  };
  return ops::mean(standardized(t) * standardized(p), axis);
}
Metric PearsonCorrelation(PearsonCorrelationArgs args) {
  return mean_of("PearsonCorrelation", args, MetricDirection::up,
                 [](const auto& a, const Tensor& t, const Tensor& p) { return pearson_correlation(t, p, a.axis); });
}

// As Keras does it: the deviation of the targets is from the predictions' mean, whose share sums to 0.
PYTHON_NAMES("keras.metrics.concordance_correlation");
Tensor concordance_correlation(const Tensor& y_true, const Tensor& y_pred, int axis) {
  const auto [t, p] = to_same_rank(ops::cast(y_true, y_pred.dtype()), y_pred);
  const Tensor of_true = ops::mean(t, axis, true), of_pred = ops::mean(p, axis, true);
  const Tensor norm = ops::var(t, axis, true) + ops::var(p, axis, true) + ops::square(of_true - of_pred);
  return ops::mean(2.0 * (t - of_pred) * (p - of_pred) / (norm + config::epsilon()), axis);
}
Metric ConcordanceCorrelation(ConcordanceCorrelationArgs args) {
  return mean_of("ConcordanceCorrelation", args, MetricDirection::up,
                 [](const auto& a, const Tensor& t, const Tensor& p) { return concordance_correlation(t, p, a.axis); });
}

}  // namespace cornu::keras::metrics

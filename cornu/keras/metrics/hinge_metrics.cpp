#include "cornu/keras/metrics/hinge_metrics.h"

#include "cornu/keras/metrics/metric_of.h"

namespace cornu::keras::metrics {

Metric Hinge(HingeArgs args) {
  return mean_of("Hinge", args, MetricDirection::down, [](const auto&, const Tensor& t, const Tensor& p) { return hinge(t, p); });
}
Metric SquaredHinge(SquaredHingeArgs args) {
  return mean_of("SquaredHinge", args, MetricDirection::down,
                 [](const auto&, const Tensor& t, const Tensor& p) { return squared_hinge(t, p); });
}
Metric CategoricalHinge(CategoricalHingeArgs args) {
  return mean_of("CategoricalHinge", args, MetricDirection::down,
                 [](const auto&, const Tensor& t, const Tensor& p) { return categorical_hinge(t, p); });
}

}  // namespace cornu::keras::metrics

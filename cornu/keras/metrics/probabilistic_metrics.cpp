#include "cornu/keras/metrics/probabilistic_metrics.h"

#include "cornu/keras/metrics/metric_of.h"

namespace cornu::keras::metrics {

Metric BinaryCrossentropy(BinaryCrossentropyArgs args) {
  return mean_of("BinaryCrossentropy", args, MetricDirection::down, [](const auto& a, const Tensor& t, const Tensor& p) {
    return binary_crossentropy(t, p, a.from_logits, a.label_smoothing);
  });
}
Metric CategoricalCrossentropy(CategoricalCrossentropyArgs args) {
  return mean_of("CategoricalCrossentropy", args, MetricDirection::down, [](const auto& a, const Tensor& t, const Tensor& p) {
    return categorical_crossentropy(t, p, a.from_logits, a.label_smoothing, a.axis);
  });
}
Metric SparseCategoricalCrossentropy(SparseCategoricalCrossentropyArgs args) {
  return mean_of("SparseCategoricalCrossentropy", args, MetricDirection::down,
                 [](const auto& a, const Tensor& t, const Tensor& p) {
                   return sparse_categorical_crossentropy(t, p, a.from_logits, a.ignore_class, a.axis);
                 });
}
Metric KLDivergence(KLDivergenceArgs args) {
  return mean_of("KLDivergence", args, MetricDirection::down,
                 [](const auto&, const Tensor& t, const Tensor& p) { return kl_divergence(t, p); });
}
Metric Poisson(PoissonArgs args) {
  return mean_of("Poisson", args, MetricDirection::down,
                 [](const auto&, const Tensor& t, const Tensor& p) { return poisson(t, p); });
}

}  // namespace cornu::keras::metrics

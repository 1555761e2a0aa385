#include "cornu/keras/metrics/accuracy_metrics.h"

#include "cornu/base/python_names.h"
#include "cornu/keras/losses/reduction.h"
#include "cornu/keras/metrics/metric_of.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/math.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::metrics {
namespace {

Tensor as_score(const Tensor& matches) { return ops::cast(matches, config::floatx()); }

// Rows of predictions, whatever their leading axes.
Tensor as_rows(const Tensor& y_pred) { return ops::reshape(y_pred, {-1, y_pred.shape()[-1]}); }

// Labels' shape: whether each is among the k largest of its row.
Tensor label_in_top_k(const Tensor& labels, const Tensor& y_pred, int k) {
  const Tensor matches = ops::in_top_k(ops::reshape(ops::cast(labels, int32), {-1}), as_rows(y_pred), k);
  return as_score(ops::reshape(matches, labels.shape()));
}

void check_k(int k) {
  if (k < 1) throw error<ValueError>("`k` must be at least 1. Received: k={}", k);
}

}  // namespace

Metric Accuracy(AccuracyArgs args) {
  return mean_of("Accuracy", args, MetricDirection::up, [](const auto&, const Tensor& y_true, const Tensor& y_pred) {
    const auto [t, p] = to_same_rank(ops::cast(y_true, y_pred.dtype()), y_pred);
    return as_score(ops::equal(t, p));
  });
}

PYTHON_NAMES("keras.metrics.binary_accuracy");
Tensor binary_accuracy(const Tensor& y_true, const Tensor& y_pred, double threshold) {
  const auto [t, p] = to_same_rank(y_true, y_pred);
  return as_score(ops::equal(t, ops::cast(ops::greater(p, threshold), t.dtype())));
}
Metric BinaryAccuracy(BinaryAccuracyArgs args) {
  if (args.threshold <= 0 || args.threshold >= 1)
    throw error<ValueError>("Invalid value for argument `threshold`. Expected a value in interval (0, 1). Received: threshold={}",
                            args.threshold);
  return mean_of("BinaryAccuracy", args, MetricDirection::up,
                 [](const auto& a, const Tensor& t, const Tensor& p) { return binary_accuracy(t, p, a.threshold); });
}

PYTHON_NAMES("keras.metrics.categorical_accuracy");
Tensor categorical_accuracy(const Tensor& y_true, const Tensor& y_pred) {
  return as_score(ops::equal(ops::argmax(y_true, -1), ops::argmax(y_pred, -1)));
}
Metric CategoricalAccuracy(CategoricalAccuracyArgs args) {
  return mean_of("CategoricalAccuracy", args, MetricDirection::up,
                 [](const auto&, const Tensor& t, const Tensor& p) { return categorical_accuracy(t, p); });
}

PYTHON_NAMES("keras.metrics.sparse_categorical_accuracy");
Tensor sparse_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred) {
  Tensor label = y_true;
  if (label.rank() == y_pred.rank() && label.shape()[-1] == 1) label = ops::squeeze(label, -1);
  return as_score(ops::equal(ops::cast(label, int32), ops::argmax(y_pred, -1)));
}
Metric SparseCategoricalAccuracy(SparseCategoricalAccuracyArgs args) {
  return mean_of("SparseCategoricalAccuracy", args, MetricDirection::up,
                 [](const auto&, const Tensor& t, const Tensor& p) { return sparse_categorical_accuracy(t, p); });
}

PYTHON_NAMES("keras.metrics.top_k_categorical_accuracy");
Tensor top_k_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred, int k) {
  return label_in_top_k(ops::argmax(y_true, -1), y_pred, k);
}
Metric TopKCategoricalAccuracy(TopKCategoricalAccuracyArgs args) {
  check_k(args.k);
  return mean_of("TopKCategoricalAccuracy", args, MetricDirection::up,
                 [](const auto& a, const Tensor& t, const Tensor& p) { return top_k_categorical_accuracy(t, p, a.k); });
}

PYTHON_NAMES("keras.metrics.sparse_top_k_categorical_accuracy");
Tensor sparse_top_k_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred, int k, bool from_sorted_ids) {
  if (!from_sorted_ids) return label_in_top_k(y_true, y_pred, k);
  const Tensor rows = as_rows(y_pred), first = ops::slice(rows, {0, 0}, {rows.shape()[0], std::min<int64_t>(k, rows.shape()[1])});
  const Tensor labels = ops::reshape(ops::cast(y_true, y_pred.dtype()), {-1, 1});
  return as_score(ops::reshape(ops::any(ops::equal(labels, first), 1), y_true.shape()));
}
Metric SparseTopKCategoricalAccuracy(SparseTopKCategoricalAccuracyArgs args) {
  check_k(args.k);
  return mean_of("SparseTopKCategoricalAccuracy", args, MetricDirection::up,
                 [](const auto& a, const Tensor& t, const Tensor& p) {
                   return sparse_top_k_categorical_accuracy(t, p, a.k, a.from_sorted_ids);
                 },
                 {"from_sorted_ids"});
}

}  // namespace cornu::keras::metrics

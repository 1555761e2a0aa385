#include "cornu/keras/metrics/metrics.h"

#include <nlohmann/json.hpp>

#include "cornu/base/python_names.h"
#include "cornu/keras/losses/losses.h"
#include "cornu/keras/losses/reduction.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/saving/json_fields.h"

namespace cornu::keras::metrics {
namespace {

Tensor as_score(const Tensor& matches) { return ops::cast(matches, config::floatx()); }

Tensor accuracy(const Tensor& y_true, const Tensor& y_pred) {
  auto [t, p] = to_same_rank(ops::cast(y_true, y_pred.dtype()), y_pred);
  return as_score(ops::equal(t, p));
}

Tensor binary_accuracy(const Tensor& y_true, const Tensor& y_pred, double threshold) {
  auto [t, p] = to_same_rank(y_true, y_pred);
  return as_score(ops::equal(t, ops::cast(ops::greater(p, threshold), t.dtype())));
}

Tensor categorical_accuracy(const Tensor& y_true, const Tensor& y_pred) {
  return as_score(ops::equal(ops::argmax(y_true, -1), ops::argmax(y_pred, -1)));
}

Tensor sparse_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred) {
  Tensor label = y_true;
  if (label.rank() == y_pred.rank() && label.shape()[-1] == 1) label = ops::squeeze(label, -1);
  return as_score(ops::equal(ops::cast(label, int32), ops::argmax(y_pred, -1)));
}

template <class Args>
Metric mean_of(const char* class_name, const Args& args, MetricDirection direction, Metric::Function function) {
  return Metric(std::make_shared<MeanMetricWrapperImpl>(std::move(function), args.name, class_name, args.dtype, direction));
}

}  // namespace

Metric Accuracy(AccuracyArgs args) { return mean_of("Accuracy", args, MetricDirection::up, accuracy); }
Metric BinaryAccuracy(BinaryAccuracyArgs args) {
  if (args.threshold <= 0 || args.threshold >= 1)
    throw error<ValueError>("Invalid value for argument `threshold`. Expected a value in interval (0, 1). Received: threshold={}",
                            args.threshold);
  return mean_of("BinaryAccuracy", args, MetricDirection::up,
                 [t = args.threshold](const Tensor& y_true, const Tensor& y_pred) { return binary_accuracy(y_true, y_pred, t); });
}
Metric CategoricalAccuracy(CategoricalAccuracyArgs args) {
  return mean_of("CategoricalAccuracy", args, MetricDirection::up, categorical_accuracy);
}
Metric SparseCategoricalAccuracy(SparseCategoricalAccuracyArgs args) {
  return mean_of("SparseCategoricalAccuracy", args, MetricDirection::up, sparse_categorical_accuracy);
}
Metric MeanSquaredError(MeanSquaredErrorArgs args) {
  return mean_of("MeanSquaredError", args, MetricDirection::down,
                 [](const Tensor& y_true, const Tensor& y_pred) { return losses::mean_squared_error(y_true, y_pred); });
}

Metric MeanAbsoluteError(MeanAbsoluteErrorArgs args) {
  return mean_of("MeanAbsoluteError", args, MetricDirection::down,
                 [](const Tensor& y_true, const Tensor& y_pred) { return losses::mean_absolute_error(y_true, y_pred); });
}

std::span<const MetricRow> registry() {
#define ROW(Class, ...)                                                                                       \
  {                                                                                                           \
#Class, {__VA_ARGS__ }, +[](const Json& config) { return Class(saving::from_json<Class##Args>(config)); } \
  }
  static const MetricRow rows[] = {
      ROW(Mean, "mean"),
      ROW(Accuracy, "accuracy"),
      ROW(BinaryAccuracy, "binary_accuracy"),
      ROW(CategoricalAccuracy, "categorical_accuracy"),
      ROW(SparseCategoricalAccuracy, "sparse_categorical_accuracy"),
      ROW(MeanAbsoluteError, "mean_absolute_error", "mae", "MAE"),
      ROW(MeanSquaredError, "mean_squared_error", "mse", "MSE"),
  };
#undef ROW
  return rows;
}

PYTHON_NAMES("keras.metrics.get");
Metric get(const std::string& name) {
  std::string known;
  for (const auto& row : registry()) {
    if (name == row.class_name) return row.from_config(Json::object());
    for (const char* alias : row.names) {
      if (name == alias) return row.from_config(Json{{"name", name}});
      known += std::string(alias) + ", ";
    }
  }
  // Any loss's function is a metric: the mean of its values.
  Loss loss;
  try {
    loss = Loss(name);
  } catch (const ValueError&) {
    throw error<ValueError>("Could not interpret metric identifier: '{}'. Known: {}and the name of any loss", name, known);
  }
  return Metric([loss](const Tensor& y_true, const Tensor& y_pred) { return loss->call(y_true, y_pred); },
                name.substr(name.find('>') + 1));
}

}  // namespace cornu::keras::metrics

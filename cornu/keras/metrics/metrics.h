#pragma once

#include <span>

#include "cornu/keras/metrics/reduction_metrics.h"

namespace cornu::keras::metrics {

struct AccuracyArgs {
  std::string name = "accuracy";
  DTypePolicy dtype;
};
// How often predictions equal labels.
CORNU_API Metric Accuracy(AccuracyArgs args = {});

struct BinaryAccuracyArgs {
  std::string name = "binary_accuracy";
  DTypePolicy dtype;
  double threshold = 0.5;
};
// How often predictions on the right side of the threshold match binary labels.
CORNU_API Metric BinaryAccuracy(BinaryAccuracyArgs args = {});

struct CategoricalAccuracyArgs {
  std::string name = "categorical_accuracy";
  DTypePolicy dtype;
};
// How often the largest prediction is that of the one-hot label.
CORNU_API Metric CategoricalAccuracy(CategoricalAccuracyArgs args = {});

struct SparseCategoricalAccuracyArgs {
  std::string name = "sparse_categorical_accuracy";
  DTypePolicy dtype;
};
// The same of integer labels.
CORNU_API Metric SparseCategoricalAccuracy(SparseCategoricalAccuracyArgs args = {});

struct MeanSquaredErrorArgs {
  std::string name = "mean_squared_error";
  DTypePolicy dtype;
};
CORNU_API Metric MeanSquaredError(MeanSquaredErrorArgs args = {});

struct MeanAbsoluteErrorArgs {
  std::string name = "mean_absolute_error";
  DTypePolicy dtype;
};
CORNU_API Metric MeanAbsoluteError(MeanAbsoluteErrorArgs args = {});

// A metric by name: one of the registry, or any loss's function. ValueError lists what is known.
CORNU_API Metric get(const std::string& name);

struct MetricRow {
  const char* class_name;
  std::vector<const char*> names;
  Metric (*from_config)(const Json& config);
};
CORNU_API std::span<const MetricRow> registry();

}  // namespace cornu::keras::metrics

#pragma once

#include "cornu/keras/metrics/metric.h"

// How often predictions are right. Each class has its function, which gives 0 or 1 an example.

namespace cornu::keras::metrics {

struct AccuracyArgs {
  std::string name = "accuracy";
  DTypePolicy dtype = config::floatx();
};
// How often predictions equal labels.
CORNU_API Metric Accuracy(AccuracyArgs args = {});

struct BinaryAccuracyArgs {
  std::string name = "binary_accuracy";
  DTypePolicy dtype = config::floatx();
  double threshold = 0.5;  // in (0, 1)
};
// How often predictions on the right side of the threshold match binary labels.
CORNU_API Metric BinaryAccuracy(BinaryAccuracyArgs args = {});
CORNU_API Tensor binary_accuracy(const Tensor& y_true, const Tensor& y_pred, double threshold = 0.5);

struct CategoricalAccuracyArgs {
  std::string name = "categorical_accuracy";
  DTypePolicy dtype = config::floatx();
};
// How often the largest prediction is that of the one-hot label.
CORNU_API Metric CategoricalAccuracy(CategoricalAccuracyArgs args = {});
CORNU_API Tensor categorical_accuracy(const Tensor& y_true, const Tensor& y_pred);

struct SparseCategoricalAccuracyArgs {
  std::string name = "sparse_categorical_accuracy";
  DTypePolicy dtype = config::floatx();
};
// The same of integer labels.
CORNU_API Metric SparseCategoricalAccuracy(SparseCategoricalAccuracyArgs args = {});
CORNU_API Tensor sparse_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred);

struct TopKCategoricalAccuracyArgs {
  std::string name = "top_k_categorical_accuracy";
  DTypePolicy dtype = config::floatx();
  int k = 5;
};
// How often the one-hot label's class is among the k largest predictions.
CORNU_API Metric TopKCategoricalAccuracy(TopKCategoricalAccuracyArgs args = {});
CORNU_API Tensor top_k_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred, int k = 5);

struct SparseTopKCategoricalAccuracyArgs {
  std::string name = "sparse_top_k_categorical_accuracy";
  DTypePolicy dtype = config::floatx();
  int k = 5;
  bool from_sorted_ids = false;  // predictions are classes, the likeliest first
};
// The same of integer labels.
CORNU_API Metric SparseTopKCategoricalAccuracy(SparseTopKCategoricalAccuracyArgs args = {});
CORNU_API Tensor sparse_top_k_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred, int k = 5,
                                                   bool from_sorted_ids = false);

}  // namespace cornu::keras::metrics

#pragma once

#include <optional>
#include <span>

#include "cornu/keras/losses/loss.h"

namespace cornu::keras::losses {

#define KERAS_LOSS_ARGS(default_name)            \
  std::string reduction = "sum_over_batch_size"; \
  std::string name = default_name;               \
  ::cornu::keras::DTypePolicy dtype

struct MeanSquaredErrorArgs {
  KERAS_LOSS_ARGS("mean_squared_error");
};
// mean((y_true - y_pred)^2) over the last axis
CORNU_API Loss MeanSquaredError(MeanSquaredErrorArgs args = {});

struct MeanAbsoluteErrorArgs {
  KERAS_LOSS_ARGS("mean_absolute_error");
};
// mean(|y_true - y_pred|) over the last axis
CORNU_API Loss MeanAbsoluteError(MeanAbsoluteErrorArgs args = {});

struct CategoricalCrossentropyArgs {
  bool from_logits = false;
  double label_smoothing = 0.0;  // in [0, 1]: targets become y (1 - s) + s / classes
  int axis = -1;
  KERAS_LOSS_ARGS("categorical_crossentropy");
};
// -sum(y_true log(y_pred)), of one-hot targets
CORNU_API Loss CategoricalCrossentropy(CategoricalCrossentropyArgs args = {});

struct SparseCategoricalCrossentropyArgs {
  bool from_logits = false;
  std::optional<int> ignore_class;  // targets of this class count for nothing
  int axis = -1;
  KERAS_LOSS_ARGS("sparse_categorical_crossentropy");
};
// The same of integer targets. A target out of range is a ValueError that names it.
CORNU_API Loss SparseCategoricalCrossentropy(SparseCategoricalCrossentropyArgs args = {});

struct BinaryCrossentropyArgs {
  bool from_logits = false;
  double label_smoothing = 0.0;  // targets become y (1 - s) + s / 2
  int axis = -1;
  KERAS_LOSS_ARGS("binary_crossentropy");
};
// mean(-(y log(p) + (1 - y) log(1 - p))) over the last axis
CORNU_API Loss BinaryCrossentropy(BinaryCrossentropyArgs args = {});

// The functions of the same names: one value an example.
CORNU_API Tensor mean_squared_error(const Tensor& y_true, const Tensor& y_pred);
CORNU_API Tensor mean_absolute_error(const Tensor& y_true, const Tensor& y_pred);
CORNU_API Tensor categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits = false,
                                          double label_smoothing = 0.0, int axis = -1);
CORNU_API Tensor sparse_categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits = false,
                                                 std::optional<int> ignore_class = {}, int axis = -1);
CORNU_API Tensor binary_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits = false,
                                     double label_smoothing = 0.0, int axis = -1);

// How files and names find a loss.
struct LossRow {
  const char* class_name;          // "MeanSquaredError"
  std::vector<const char*> names;  // "mean_squared_error", "mse", "MSE": functions of keras.losses too
  Loss (*from_config)(const Json& config);
};
CORNU_API std::span<const LossRow> registry();

}  // namespace cornu::keras::losses

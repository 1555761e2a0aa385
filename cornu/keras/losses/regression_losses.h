#pragma once

#include "cornu/keras/losses/loss.h"

// Losses of numbers. Each class has its function, which gives one value an example: the last axis is reduced, ranks that
// differ by a last dimension of 1 are made equal.

namespace cornu::keras::losses {

struct MeanSquaredErrorArgs {
  KERAS_LOSS_ARGS("mean_squared_error");
};
// mean((y_true - y_pred)^2)
CORNU_API Loss MeanSquaredError(MeanSquaredErrorArgs args = {});
CORNU_API Tensor mean_squared_error(const Tensor& y_true, const Tensor& y_pred);

struct MeanAbsoluteErrorArgs {
  KERAS_LOSS_ARGS("mean_absolute_error");
};
// mean(|y_true - y_pred|)
CORNU_API Loss MeanAbsoluteError(MeanAbsoluteErrorArgs args = {});
CORNU_API Tensor mean_absolute_error(const Tensor& y_true, const Tensor& y_pred);

struct MeanAbsolutePercentageErrorArgs {
  KERAS_LOSS_ARGS("mean_absolute_percentage_error");
};
// 100 mean(|y_true - y_pred| / max(|y_true|, epsilon))
CORNU_API Loss MeanAbsolutePercentageError(MeanAbsolutePercentageErrorArgs args = {});
CORNU_API Tensor mean_absolute_percentage_error(const Tensor& y_true, const Tensor& y_pred);

struct MeanSquaredLogarithmicErrorArgs {
  KERAS_LOSS_ARGS("mean_squared_logarithmic_error");
};
// mean((log(y_true + 1) - log(y_pred + 1))^2), of numbers that are at least epsilon
CORNU_API Loss MeanSquaredLogarithmicError(MeanSquaredLogarithmicErrorArgs args = {});
CORNU_API Tensor mean_squared_logarithmic_error(const Tensor& y_true, const Tensor& y_pred);

struct CosineSimilarityArgs {
  int axis = -1;
  KERAS_LOSS_ARGS("cosine_similarity");
};
// -sum(y_true / |y_true| * y_pred / |y_pred|) over `axis`: -1 for vectors of the same direction
CORNU_API Loss CosineSimilarity(CosineSimilarityArgs args = {});
CORNU_API Tensor cosine_similarity(const Tensor& y_true, const Tensor& y_pred, int axis = -1);

struct HuberArgs {
  double delta = 1.0;
  KERAS_LOSS_ARGS("huber_loss");
};
// mean of e^2 / 2 where the error |e| is at most delta, and of delta |e| - delta^2 / 2 beyond
CORNU_API Loss Huber(HuberArgs args = {});
CORNU_API Tensor huber(const Tensor& y_true, const Tensor& y_pred, double delta = 1.0);

struct LogCoshArgs {
  KERAS_LOSS_ARGS("log_cosh");
};
// mean(log(cosh(y_pred - y_true)))
CORNU_API Loss LogCosh(LogCoshArgs args = {});
CORNU_API Tensor log_cosh(const Tensor& y_true, const Tensor& y_pred);

}  // namespace cornu::keras::losses

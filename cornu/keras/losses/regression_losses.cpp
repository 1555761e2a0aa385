#include "cornu/keras/losses/regression_losses.h"

#include <nlohmann/json.hpp>
#include <numbers>

#include "cornu/base/python_names.h"
#include "cornu/keras/losses/loss_of.h"
#include "cornu/keras/losses/reduction.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/nn.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::losses {
namespace {

std::pair<Tensor, Tensor> aligned(const Tensor& y_true, const Tensor& y_pred) {
  return to_same_rank(ops::cast(y_true, y_pred.dtype()), y_pred);
}

}  // namespace

PYTHON_NAMES("keras.losses.mean_squared_error", "keras.metrics.mean_squared_error");
Tensor mean_squared_error(const Tensor& y_true, const Tensor& y_pred) {
  const auto [t, p] = aligned(y_true, y_pred);
  return ops::mean(ops::square(t - p), -1);
}
Loss MeanSquaredError(MeanSquaredErrorArgs args) {
  return make_loss<MeanSquaredErrorArgs>("MeanSquaredError", std::move(args),
                                         [](const auto&, const Tensor& t, const Tensor& p) { return mean_squared_error(t, p); });
}

PYTHON_NAMES("keras.losses.mean_absolute_error", "keras.metrics.mean_absolute_error");
Tensor mean_absolute_error(const Tensor& y_true, const Tensor& y_pred) {
  const auto [t, p] = aligned(y_true, y_pred);
  return ops::mean(ops::abs(t - p), -1);
}
Loss MeanAbsoluteError(MeanAbsoluteErrorArgs args) {
  return make_loss<MeanAbsoluteErrorArgs>(
      "MeanAbsoluteError", std::move(args),
      [](const auto&, const Tensor& t, const Tensor& p) { return mean_absolute_error(t, p); });
}

PYTHON_NAMES("keras.losses.mean_absolute_percentage_error", "keras.metrics.mean_absolute_percentage_error");
Tensor mean_absolute_percentage_error(const Tensor& y_true, const Tensor& y_pred) {
  const auto [t, p] = aligned(y_true, y_pred);
  return 100.0 * ops::mean(ops::abs((t - p) / ops::maximum(ops::abs(t), config::epsilon())), -1);
}
Loss MeanAbsolutePercentageError(MeanAbsolutePercentageErrorArgs args) {
  return make_loss<MeanAbsolutePercentageErrorArgs>(
      "MeanAbsolutePercentageError", std::move(args),
      [](const auto&, const Tensor& t, const Tensor& p) { return mean_absolute_percentage_error(t, p); });
}

PYTHON_NAMES("keras.losses.mean_squared_logarithmic_error", "keras.metrics.mean_squared_logarithmic_error");
Tensor mean_squared_logarithmic_error(const Tensor& y_true, const Tensor& y_pred) {
  const auto [t, p] = aligned(y_true, y_pred);
  const auto log_of = [](const Tensor& x) { return ops::log(ops::maximum(x, config::epsilon()) + 1.0); };
  return ops::mean(ops::square(log_of(p) - log_of(t)), -1);
}
Loss MeanSquaredLogarithmicError(MeanSquaredLogarithmicErrorArgs args) {
  return make_loss<MeanSquaredLogarithmicErrorArgs>(
      "MeanSquaredLogarithmicError", std::move(args),
      [](const auto&, const Tensor& t, const Tensor& p) { return mean_squared_logarithmic_error(t, p); });
}

PYTHON_NAMES("keras.losses.cosine_similarity");
Tensor cosine_similarity(const Tensor& y_true, const Tensor& y_pred, int axis) {
  const auto [t, p] = aligned(y_true, y_pred);
  return -ops::sum(ops::normalize(t, axis) * ops::normalize(p, axis), axis);
}
Loss CosineSimilarity(CosineSimilarityArgs args) {
  return make_loss<CosineSimilarityArgs>(
      "CosineSimilarity", std::move(args),
      [](const auto& a, const Tensor& t, const Tensor& p) { return cosine_similarity(t, p, a.axis); }, {"axis"});
}

PYTHON_NAMES("keras.losses.huber", "keras.metrics.huber");
Tensor huber(const Tensor& y_true, const Tensor& y_pred, double delta) {
  const auto [t, p] = aligned(y_true, y_pred);
  const Tensor error = p - t, distance = ops::abs(error);
  const Tensor beyond = delta * distance - 0.5 * delta * delta;
  return ops::mean(ops::where(ops::less_equal(distance, delta), 0.5 * ops::square(error), beyond), -1);
}
Loss Huber(HuberArgs args) {
  return make_loss<HuberArgs>("Huber", std::move(args),
                              [](const auto& a, const Tensor& t, const Tensor& p) { return huber(t, p, a.delta); }, {"delta"});
}

PYTHON_NAMES("keras.losses.log_cosh", "keras.metrics.log_cosh");
Tensor log_cosh(const Tensor& y_true, const Tensor& y_pred) {
  const auto [t, p] = aligned(y_true, y_pred);
  const Tensor error = p - t;
  return ops::mean(error + ops::softplus(error * -2.0) - std::numbers::ln2, -1);
}
Loss LogCosh(LogCoshArgs args) {
  return make_loss<LogCoshArgs>("LogCosh", std::move(args),
                                [](const auto&, const Tensor& t, const Tensor& p) { return log_cosh(t, p); });
}

}  // namespace cornu::keras::losses

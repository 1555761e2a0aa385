#include "cornu/keras/losses/hinge_losses.h"

#include <nlohmann/json.hpp>

#include "cornu/base/python_names.h"
#include "cornu/keras/losses/loss_of.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::losses {
namespace {

// What a margin of 1 lacks. Targets that are all 0 or 1 are read as -1 and 1.
Tensor lacking_margin(const Tensor& y_true, const Tensor& y_pred) {
  const Tensor given = ops::cast(y_true, y_pred.dtype());
  const Tensor binary = ops::all(ops::logical_or(ops::equal(given, 0), ops::equal(given, 1)));
  const Tensor target = ops::where(binary, 2.0 * given - 1.0, given);
  return ops::maximum(1.0 - target * y_pred, 0.0);
}

}  // namespace

PYTHON_NAMES("keras.losses.hinge", "keras.metrics.hinge");
Tensor hinge(const Tensor& y_true, const Tensor& y_pred) { return ops::mean(lacking_margin(y_true, y_pred), -1); }
Loss Hinge(HingeArgs args) {
  return make_loss<HingeArgs>("Hinge", std::move(args),
                              [](const auto&, const Tensor& t, const Tensor& p) { return hinge(t, p); });
}

PYTHON_NAMES("keras.losses.squared_hinge", "keras.metrics.squared_hinge");
Tensor squared_hinge(const Tensor& y_true, const Tensor& y_pred) {
  return ops::mean(ops::square(lacking_margin(y_true, y_pred)), -1);
}
Loss SquaredHinge(SquaredHingeArgs args) {
  return make_loss<SquaredHingeArgs>("SquaredHinge", std::move(args),
                                     [](const auto&, const Tensor& t, const Tensor& p) { return squared_hinge(t, p); });
}

PYTHON_NAMES("keras.losses.categorical_hinge", "keras.metrics.categorical_hinge");
Tensor categorical_hinge(const Tensor& y_true, const Tensor& y_pred) {
  const Tensor target = ops::cast(y_true, y_pred.dtype());
  const Tensor of_class = ops::sum(target * y_pred, -1), of_others = ops::max((1.0 - target) * y_pred, -1);
  return ops::maximum(of_others - of_class + 1.0, 0.0);
}
Loss CategoricalHinge(CategoricalHingeArgs args) {
  return make_loss<CategoricalHingeArgs>("CategoricalHinge", std::move(args),
                                         [](const auto&, const Tensor& t, const Tensor& p) { return categorical_hinge(t, p); });
}

}  // namespace cornu::keras::losses

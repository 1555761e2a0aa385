#include "cornu/keras/losses/segmentation_losses.h"

#include <nlohmann/json.hpp>

#include "cornu/base/python_names.h"
#include "cornu/keras/losses/loss_of.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::losses {

PYTHON_NAMES("keras.losses.dice");
Tensor dice(const Tensor& y_true, const Tensor& y_pred, const IntOrList& axis) {
  const Tensor target = ops::cast(y_true, y_pred.dtype());
  const Tensor both = ops::sum(target * y_pred, axis);
  return 1.0 - 2.0 * both / (ops::sum(target, axis) + ops::sum(y_pred, axis) + config::epsilon());
}
Loss Dice(DiceArgs args) {
  return make_loss<DiceArgs>("Dice", std::move(args),
                             [](const auto& a, const Tensor& t, const Tensor& p) { return dice(t, p, a.axis); });
}

PYTHON_NAMES("keras.losses.tversky");
Tensor tversky(const Tensor& y_true, const Tensor& y_pred, double alpha, double beta, const IntOrList& axis) {
  const Tensor target = ops::cast(y_true, y_pred.dtype());
  const Tensor both = ops::sum(target * y_pred, axis);
  const Tensor of_target = ops::sum((1.0 - y_pred) * target, axis), predicted = ops::sum(y_pred * (1.0 - target), axis);
  return 1.0 - both / (both + of_target * alpha + predicted * beta + config::epsilon());
}
Loss Tversky(TverskyArgs args) {
  return make_loss<TverskyArgs>("Tversky", std::move(args), [](const auto& a, const Tensor& t, const Tensor& p) {
    return tversky(t, p, a.alpha, a.beta, a.axis);
  });
}

}  // namespace cornu::keras::losses

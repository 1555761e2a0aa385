#pragma once

#include "cornu/keras/losses/loss.h"

// Losses that ask for a margin. Each class has its function, which gives one value an example: the last axis is reduced.

namespace cornu::keras::losses {

struct HingeArgs {
  KERAS_LOSS_ARGS("hinge");
};
// mean(max(1 - y_true y_pred, 0)), of targets -1 and 1; where all are 0 and 1 they are made so
CORNU_API Loss Hinge(HingeArgs args = {});
CORNU_API Tensor hinge(const Tensor& y_true, const Tensor& y_pred);

struct SquaredHingeArgs {
  KERAS_LOSS_ARGS("squared_hinge");
};
// mean(max(1 - y_true y_pred, 0)^2), of the same targets
CORNU_API Loss SquaredHinge(SquaredHingeArgs args = {});
CORNU_API Tensor squared_hinge(const Tensor& y_true, const Tensor& y_pred);

struct CategoricalHingeArgs {
  KERAS_LOSS_ARGS("categorical_hinge");
};
// max(max((1 - y_true) y_pred) - sum(y_true y_pred) + 1, 0), of one-hot targets
CORNU_API Loss CategoricalHinge(CategoricalHingeArgs args = {});
CORNU_API Tensor categorical_hinge(const Tensor& y_true, const Tensor& y_pred);

}  // namespace cornu::keras::losses

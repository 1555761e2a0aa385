#pragma once

#include "cornu/keras/losses/loss.h"
#include "cornu/keras/ops/int_or_list.h"

// Losses of overlapping regions. `axis`: what a region's sums are over; None is all of them, the batch too, and the loss one
// number.

namespace cornu::keras::losses {

struct DiceArgs {
  IntOrList axis;
  KERAS_LOSS_ARGS("dice");
};
// 1 - 2 sum(y_true y_pred) / (sum(y_true) + sum(y_pred) + epsilon)
CORNU_API Loss Dice(DiceArgs args = {});
CORNU_API Tensor dice(const Tensor& y_true, const Tensor& y_pred, const IntOrList& axis = {});

struct TverskyArgs {
  double alpha = 0.5;  // weighs what is of the target alone
  double beta = 0.5;   // weighs what is predicted alone
  IntOrList axis;
  KERAS_LOSS_ARGS("tversky");
};
// 1 - both / (both + alpha sum(y_true (1 - y_pred)) + beta sum((1 - y_true) y_pred) + epsilon), both = sum(y_true y_pred).
// Salehi et al., 2017
CORNU_API Loss Tversky(TverskyArgs args = {});
CORNU_API Tensor tversky(const Tensor& y_true, const Tensor& y_pred, double alpha = 0.5, double beta = 0.5,
                         const IntOrList& axis = {});

}  // namespace cornu::keras::losses

#pragma once

#include "cornu/keras/losses/loss.h"

namespace cornu::keras::losses {

struct CircleArgs {
  double gamma = 80.0;
  double margin = 0.4;
  bool remove_diagonal = true;  // an example is no partner of its own
  KERAS_LOSS_ARGS("circle");
};
// Of the classes of examples, y_true (batch), and their embeddings, y_pred (batch, depth), whose rows have the length 1: pulls
// those of a class together and pushes others apart. An example whose class nobody shares counts for nothing.
// Sun et al., 2020
CORNU_API Loss Circle(CircleArgs args = {});
// Against reference embeddings of their own labels, where these are given.
CORNU_API Tensor circle(const Tensor& y_true, const Tensor& y_pred, const Tensor& ref_labels = {},
                        const Tensor& ref_embeddings = {}, bool remove_diagonal = true, double gamma = 80.0, double margin = 0.4);

}  // namespace cornu::keras::losses

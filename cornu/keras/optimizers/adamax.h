#pragma once

#include "cornu/keras/optimizers/base_optimizer.h"

namespace cornu::keras::optimizers {

struct AdamaxArgs {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  KERAS_OPTIMIZER_ARGS;
};

// Adam with the largest gradient seen, decaying, in the place of the root mean square. Kingma and Ba, 2014, section 7.
CORNU_API Optimizer Adamax(AdamaxArgs args = {});

}  // namespace cornu::keras::optimizers

#pragma once

#include "cornu/keras/optimizers/base_optimizer.h"

namespace cornu::keras::optimizers {

struct NadamArgs {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  KERAS_OPTIMIZER_ARGS;
};

// Adam with Nesterov's momentum. Dozat, 2016, "Incorporating Nesterov Momentum into Adam".
CORNU_API Optimizer Nadam(NadamArgs args = {});

}  // namespace cornu::keras::optimizers

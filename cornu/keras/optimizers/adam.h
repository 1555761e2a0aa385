#pragma once

#include "cornu/keras/optimizers/base_optimizer.h"

namespace cornu::keras::optimizers {

struct AdamArgs {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  bool amsgrad = false;
  KERAS_OPTIMIZER_ARGS;
};

// Kingma and Ba, 2014, "Adam: A Method for Stochastic Optimization"; amsgrad: Reddi et al., 2018.
CORNU_API Optimizer Adam(AdamArgs args = {});

}  // namespace cornu::keras::optimizers

#pragma once

#include "cornu/keras/optimizers/base_optimizer.h"

namespace cornu::keras::optimizers {

struct AdagradArgs {
  LearningRate learning_rate = 0.001;
  double initial_accumulator_value = 0.1, epsilon = 1e-7;
  KERAS_OPTIMIZER_ARGS;
};

// Duchi et al., 2011, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization".
CORNU_API Optimizer Adagrad(AdagradArgs args = {});

}  // namespace cornu::keras::optimizers

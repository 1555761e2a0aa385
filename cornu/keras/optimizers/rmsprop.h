#pragma once

#include "cornu/keras/optimizers/base_optimizer.h"

namespace cornu::keras::optimizers {

struct RMSpropArgs {
  LearningRate learning_rate = 0.001;
  double rho = 0.9, momentum = 0.0, epsilon = 1e-7;
  bool centered = false;  // divides by the gradients' deviation rather than their root mean square
  KERAS_OPTIMIZER_ARGS;
};

// Hinton, 2012, lecture 6e of "Neural Networks for Machine Learning".
CORNU_API Optimizer RMSprop(RMSpropArgs args = {});

}  // namespace cornu::keras::optimizers

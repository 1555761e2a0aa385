#pragma once

#include "cornu/keras/optimizers/base_optimizer.h"

namespace cornu::keras::optimizers {

struct SGDArgs {
  LearningRate learning_rate = 0.01;
  double momentum = 0.0;
  bool nesterov = false;
  KERAS_OPTIMIZER_ARGS;
};

// Gradient descent, with momentum, plain or Nesterov's. ValueError: momentum outside [0, 1].
CORNU_API Optimizer SGD(SGDArgs args = {});

}  // namespace cornu::keras::optimizers

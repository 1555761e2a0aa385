#pragma once

#include "cornu/keras/optimizers/base_optimizer.h"

namespace cornu::keras::optimizers {

struct AdadeltaArgs {
  LearningRate learning_rate = 0.001;
  double rho = 0.95, epsilon = 1e-7;
  KERAS_OPTIMIZER_ARGS;
};

// Zeiler, 2012, "ADADELTA: An Adaptive Learning Rate Method"; learning_rate = 1 is the paper's.
CORNU_API Optimizer Adadelta(AdadeltaArgs args = {});

}  // namespace cornu::keras::optimizers

#pragma once

#include "cornu/keras/optimizers/base_optimizer.h"

namespace cornu::keras::optimizers {

struct LionArgs {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9, beta_2 = 0.99;
  KERAS_OPTIMIZER_ARGS;
};

// Chen et al., 2023, "Symbolic Discovery of Optimization Algorithms": every weight moves by the rate. ValueError: beta_1 outside
// (0, 1].
CORNU_API Optimizer Lion(LionArgs args = {});

}  // namespace cornu::keras::optimizers

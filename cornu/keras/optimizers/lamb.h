#pragma once

#include "cornu/keras/optimizers/base_optimizer.h"

namespace cornu::keras::optimizers {

struct LambArgs {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  KERAS_OPTIMIZER_ARGS;
};

// Adam with steps as long as the weight, for large batches. You et al., 2019, "Large Batch Optimization for Deep Learning".
CORNU_API Optimizer Lamb(LambArgs args = {});

}  // namespace cornu::keras::optimizers

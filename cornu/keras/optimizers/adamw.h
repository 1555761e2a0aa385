#pragma once

#include "cornu/keras/optimizers/base_optimizer.h"

namespace cornu::keras::optimizers {

struct AdamWArgs {
  LearningRate learning_rate = 0.001;
  std::optional<double> weight_decay = 0.004;
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  bool amsgrad = false;
  KERAS_OPTIMIZER_ARGS_AFTER_WEIGHT_DECAY;
};

// Adam with weight decay. Loshchilov and Hutter, 2019, "Decoupled Weight Decay Regularization". ValueError: no weight_decay.
CORNU_API Optimizer AdamW(AdamWArgs args = {});

}  // namespace cornu::keras::optimizers

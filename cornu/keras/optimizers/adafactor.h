#pragma once

#include "cornu/keras/optimizers/base_optimizer.h"

namespace cornu::keras::optimizers {

struct AdafactorArgs {
  LearningRate learning_rate = 0.001;
  double beta_2_decay = -0.8, epsilon_1 = 1e-30, epsilon_2 = 1e-3, clip_threshold = 1.0;
  bool relative_step = true;  // changes nothing: as in Keras, the rate of step t is at most 1 / sqrt(t) in either case
  KERAS_OPTIMIZER_ARGS;
};

// Mean squares of gradients from those of a weight's rows and columns, steps in proportion to the weight. Shazeer and Stern, 2018,
// "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost".
CORNU_API Optimizer Adafactor(AdafactorArgs args = {});

}  // namespace cornu::keras::optimizers

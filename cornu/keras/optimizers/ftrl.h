#pragma once

#include "cornu/keras/optimizers/base_optimizer.h"

namespace cornu::keras::optimizers {

struct FtrlArgs {
  LearningRate learning_rate = 0.001;
  double learning_rate_power = -0.5;       // at most 0
  double initial_accumulator_value = 0.1;  // this and the strengths are not negative
  double l1_regularization_strength = 0.0, l2_regularization_strength = 0.0, l2_shrinkage_regularization_strength = 0.0;
  double beta = 0.0;
  KERAS_OPTIMIZER_ARGS;
};

// Follow the regularized leader, for wide sparse models. McMahan et al., 2013, "Ad Click Prediction: a View from the Trenches".
// ValueError: an argument outside its range.
CORNU_API Optimizer Ftrl(FtrlArgs args = {});

}  // namespace cornu::keras::optimizers

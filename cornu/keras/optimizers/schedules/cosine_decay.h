#pragma once

#include <optional>

#include "cornu/keras/optimizers/schedules/learning_rate_schedule.h"

namespace cornu::keras::optimizers::schedules {

struct CosineDecayArgs {
  double alpha = 0.0;  // what is left in the end, as a share
  std::string name = "CosineDecay";
  std::optional<double> warmup_target;  // given: the rate rises to it over warmup_steps, and decays from it
  double warmup_steps = 0;
};
// initial_learning_rate * ((1 - alpha) * (1 + cos(pi * step / decay_steps)) / 2 + alpha), where it stays. Loshchilov and Hutter,
// 2016, "SGDR: Stochastic Gradient Descent with Warm Restarts". ValueError: decay_steps that are not positive.
CORNU_API LearningRate CosineDecay(double initial_learning_rate, double decay_steps, CosineDecayArgs args = {});

}  // namespace cornu::keras::optimizers::schedules

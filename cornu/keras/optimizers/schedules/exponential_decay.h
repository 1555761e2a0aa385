#pragma once

#include "cornu/keras/optimizers/schedules/learning_rate_schedule.h"

namespace cornu::keras::optimizers::schedules {

struct ExponentialDecayArgs {
  bool staircase = false;  // decays at whole multiples of decay_steps only
  std::string name = "ExponentialDecay";
};
// initial_learning_rate * decay_rate ^ (step / decay_steps). ValueError: decay_steps that are not positive.
CORNU_API LearningRate ExponentialDecay(double initial_learning_rate, double decay_steps, double decay_rate,
                                        ExponentialDecayArgs args = {});

}  // namespace cornu::keras::optimizers::schedules

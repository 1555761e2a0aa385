#pragma once

#include "cornu/keras/optimizers/schedules/learning_rate_schedule.h"

namespace cornu::keras::optimizers::schedules {

struct InverseTimeDecayArgs {
  bool staircase = false;  // decays at whole multiples of decay_steps only
  std::string name = "InverseTimeDecay";
};
// initial_learning_rate / (1 + decay_rate * step / decay_steps). ValueError: decay_steps that are not positive.
CORNU_API LearningRate InverseTimeDecay(double initial_learning_rate, double decay_steps, double decay_rate,
                                        InverseTimeDecayArgs args = {});

}  // namespace cornu::keras::optimizers::schedules

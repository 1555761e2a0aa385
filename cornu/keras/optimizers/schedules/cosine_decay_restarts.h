#pragma once

#include "cornu/keras/optimizers/schedules/learning_rate_schedule.h"

namespace cornu::keras::optimizers::schedules {

struct CosineDecayRestartsArgs {
  double t_mul = 2.0;  // each period is so many times longer than the last
  double m_mul = 1.0;  // and begins with so many times its rate
  double alpha = 0.0;  // what is left at a period's end, as a share
  std::string name = "SGDRDecay";
};
// CosineDecay over first_decay_steps, then again and again. ValueError: first_decay_steps that are not positive.
CORNU_API LearningRate CosineDecayRestarts(double initial_learning_rate, double first_decay_steps,
                                           CosineDecayRestartsArgs args = {});

}  // namespace cornu::keras::optimizers::schedules

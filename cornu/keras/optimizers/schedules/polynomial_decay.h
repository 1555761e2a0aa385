#pragma once

#include "cornu/keras/optimizers/schedules/learning_rate_schedule.h"

namespace cornu::keras::optimizers::schedules {

struct PolynomialDecayArgs {
  double end_learning_rate = 0.0001, power = 1.0;
  bool cycle = false;  // after decay_steps begins anew, over twice the steps, then three times, ...
  std::string name = "PolynomialDecay";
};
// (initial_learning_rate - end_learning_rate) * (1 - step / decay_steps) ^ power + end_learning_rate, where it stays.
// ValueError: decay_steps that are not positive.
CORNU_API LearningRate PolynomialDecay(double initial_learning_rate, double decay_steps, PolynomialDecayArgs args = {});

}  // namespace cornu::keras::optimizers::schedules

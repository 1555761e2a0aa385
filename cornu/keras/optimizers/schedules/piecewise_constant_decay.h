#pragma once

#include <vector>

#include "cornu/keras/optimizers/schedules/learning_rate_schedule.h"

namespace cornu::keras::optimizers::schedules {

struct PiecewiseConstantDecayArgs {
  std::string name = "PiecewiseConstant";
};
// values[0] up to and including step boundaries[0], values[1] up to boundaries[1], ..., the last value after the last boundary.
// ValueError: other than one value more than boundaries.
CORNU_API LearningRate PiecewiseConstantDecay(std::vector<double> boundaries, std::vector<double> values,
                                              PiecewiseConstantDecayArgs args = {});

}  // namespace cornu::keras::optimizers::schedules

#include "cornu/keras/optimizers/schedules/piecewise_constant_decay.h"

#include <fmt/ranges.h>

#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/optimizers/schedules/schedule_function.h"

namespace cornu::keras::optimizers::schedules {

LearningRate PiecewiseConstantDecay(std::vector<double> boundaries, std::vector<double> values, PiecewiseConstantDecayArgs args) {
  if (boundaries.size() + 1 != values.size())
    throw error<ValueError>(
        "The length of boundaries should be 1 less than the length of values. Received: boundaries={} of length {}, and "
        "values={} "
        "of length {}.",
        boundaries, boundaries.size(), values, values.size());
  const Json required{{"boundaries", boundaries}, {"values", values}};
  return make_schedule("PiecewiseConstantDecay", required, args, [=](const Tensor& step) {
    Tensor rate = ops::cast(values[0], float32);
    for (std::size_t i = 0; i < boundaries.size(); ++i)
      rate = ops::where(ops::greater(step, static_cast<int64_t>(boundaries[i])), values[i + 1], rate);
    return rate;
  });
}

}  // namespace cornu::keras::optimizers::schedules

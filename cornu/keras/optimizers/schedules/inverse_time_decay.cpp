#include "cornu/keras/optimizers/schedules/inverse_time_decay.h"

#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/optimizers/schedules/schedule_function.h"

namespace cornu::keras::optimizers::schedules {

LearningRate InverseTimeDecay(double initial_learning_rate, double decay_steps, double decay_rate, InverseTimeDecayArgs args) {
  check_steps("decay_steps", decay_steps);
  const Json required{{"initial_learning_rate", initial_learning_rate}, {"decay_steps", decay_steps}, {"decay_rate", decay_rate}};
  return make_schedule("InverseTimeDecay", required, args, [=](const Tensor& step) {
    const Tensor decays = ops::cast(step, float32) / decay_steps;
    return initial_learning_rate / (1.0 + decay_rate * (args.staircase ? ops::floor(decays) : decays));
  });
}

}  // namespace cornu::keras::optimizers::schedules

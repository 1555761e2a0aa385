#include "cornu/keras/optimizers/schedules/exponential_decay.h"

#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/optimizers/schedules/schedule_function.h"

namespace cornu::keras::optimizers::schedules {

LearningRate ExponentialDecay(double initial_learning_rate, double decay_steps, double decay_rate, ExponentialDecayArgs args) {
  check_steps("decay_steps", decay_steps);
  const Json required{{"initial_learning_rate", initial_learning_rate}, {"decay_steps", decay_steps}, {"decay_rate", decay_rate}};
  return make_schedule("ExponentialDecay", required, args, [=](const Tensor& step) {
    const Tensor decays = ops::cast(step, float32) / decay_steps;
    return ops::power(decay_rate, args.staircase ? ops::floor(decays) : decays) * initial_learning_rate;
  });
}

}  // namespace cornu::keras::optimizers::schedules

#include "cornu/keras/optimizers/schedules/polynomial_decay.h"

#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/optimizers/schedules/schedule_function.h"

namespace cornu::keras::optimizers::schedules {

LearningRate PolynomialDecay(double initial_learning_rate, double decay_steps, PolynomialDecayArgs args) {
  check_steps("decay_steps", decay_steps);
  const Json required{{"initial_learning_rate", initial_learning_rate}, {"decay_steps", decay_steps}};
  return make_schedule("PolynomialDecay", required, args, [=](const Tensor& step) {
    const Tensor at = ops::cast(step, float32);
    // The multiple of decay_steps in which a cycle ends.
    const Tensor end = args.cycle ? decay_steps * ops::maximum(ops::ceil(at / decay_steps), 1.0) : Tensor(decay_steps);
    const Tensor left = 1.0 - (args.cycle ? at : ops::minimum(at, decay_steps)) / end;
    return (initial_learning_rate - args.end_learning_rate) * ops::power(left, args.power) + args.end_learning_rate;
  });
}

}  // namespace cornu::keras::optimizers::schedules

#include "cornu/keras/optimizers/schedules/cosine_decay.h"

#include <numbers>

#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/optimizers/schedules/schedule_function.h"

namespace cornu::keras::optimizers::schedules {

LearningRate CosineDecay(double initial_learning_rate, double decay_steps, CosineDecayArgs args) {
  check_steps("decay_steps", decay_steps);
  const Json required{{"initial_learning_rate", initial_learning_rate}, {"decay_steps", decay_steps}};
  return make_schedule("CosineDecay", required, args, [=](const Tensor& step) {
    const Tensor at = ops::cast(step, float32);
    const auto decayed = [&](const Tensor& steps, double from) {
      const Tensor cosine = 0.5 * (1.0 + ops::cos(std::numbers::pi * (ops::minimum(steps, decay_steps) / decay_steps)));
      return from * ((1.0 - args.alpha) * cosine + args.alpha);
    };
    if (!args.warmup_target) return decayed(at, initial_learning_rate);
    const double target = *args.warmup_target;
    const Tensor rising = (target - initial_learning_rate) * (at / args.warmup_steps) + initial_learning_rate;
    return ops::where(ops::less(at, args.warmup_steps), rising, decayed(at - args.warmup_steps, target));
  });
}

}  // namespace cornu::keras::optimizers::schedules

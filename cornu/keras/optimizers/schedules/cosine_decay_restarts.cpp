#include "cornu/keras/optimizers/schedules/cosine_decay_restarts.h"

#include <numbers>

#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/optimizers/schedules/schedule_function.h"

namespace cornu::keras::optimizers::schedules {
namespace {

// The number of the period that holds `periods` first periods, and how much of it is over.
std::pair<Tensor, Tensor> period_of(const Tensor& periods, double t_mul) {
  if (t_mul == 1) return {ops::floor(periods), periods - ops::floor(periods)};
  // n periods take 1 + t_mul + ... = (1 - t_mul^n) / (1 - t_mul) first ones.
  const Tensor number = ops::floor(ops::log(1.0 - periods * (1.0 - t_mul)) / ops::log(ops::cast(t_mul, float32)));
  const Tensor length = ops::power(t_mul, number);
  return {number, (periods - (1.0 - length) / (1.0 - t_mul)) / length};
}

}  // namespace

LearningRate CosineDecayRestarts(double initial_learning_rate, double first_decay_steps, CosineDecayRestartsArgs args) {
  check_steps("first_decay_steps", first_decay_steps);
  const Json required{{"initial_learning_rate", initial_learning_rate}, {"first_decay_steps", first_decay_steps}};
  return make_schedule("CosineDecayRestarts", required, args, [=](const Tensor& step) {
    const auto [number, over] = period_of(ops::cast(step, float32) / first_decay_steps, args.t_mul);
    const Tensor cosine = 0.5 * ops::power(args.m_mul, number) * (1.0 + ops::cos(std::numbers::pi * over));
    return initial_learning_rate * ((1.0 - args.alpha) * cosine + args.alpha);
  });
}

}  // namespace cornu::keras::optimizers::schedules

#include "cornu/keras/optimizers/schedules/exponential_decay.h"

#include <nlohmann/json.hpp>

#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::optimizers::schedules {
namespace {

class ExponentialDecayImpl final : public LearningRateScheduleImpl {
 public:
  ExponentialDecayImpl(double initial, double steps, double rate, ExponentialDecayArgs args)
      : initial_(initial), steps_(steps), rate_(rate), args_(std::move(args)) {
    if (steps <= 0) throw error<ValueError>("Argument `decay_steps` must be > 0. Received: decay_steps={}", steps);
  }
  std::string class_name() const override { return "ExponentialDecay"; }
  Tensor call(const Tensor& step) const override {
    Tensor power = ops::cast(step, float32) / steps_;
    if (args_.staircase) power = ops::floor(power);
    return ops::power(rate_, power) * initial_;
  }
  Json get_config() const override {
    return Json{{"initial_learning_rate", initial_},
                {"decay_steps", steps_},
                {"decay_rate", rate_},
                {"staircase", args_.staircase},
                {"name", args_.name}};
  }

 private:
  double initial_, steps_, rate_;
  ExponentialDecayArgs args_;
};

}  // namespace

LearningRate ExponentialDecay(double initial_learning_rate, double decay_steps, double decay_rate, ExponentialDecayArgs args) {
  return LearningRate(
      std::make_shared<const ExponentialDecayImpl>(initial_learning_rate, decay_steps, decay_rate, std::move(args)));
}

}  // namespace cornu::keras::optimizers::schedules

#include "cornu/keras/optimizers/schedules/schedule_function.h"

namespace cornu::keras::optimizers::schedules {
namespace {

class ScheduleOfFunction final : public LearningRateScheduleImpl {
 public:
  ScheduleOfFunction(std::string class_name, Json config, ScheduleFunction function)
      : class_name_(std::move(class_name)), config_(std::move(config)), function_(std::move(function)) {}
  std::string class_name() const override { return class_name_; }
  Tensor call(const Tensor& step) const override { return function_(step); }
  Json get_config() const override { return config_; }

 private:
  std::string class_name_;
  Json config_;
  ScheduleFunction function_;
};

}  // namespace

LearningRate schedule_of(std::string class_name, Json config, ScheduleFunction function) {
  return LearningRate(std::make_shared<const ScheduleOfFunction>(std::move(class_name), std::move(config), std::move(function)));
}

void check_steps(const char* name, double steps) {
  if (!(steps > 0)) throw error<ValueError>("Argument `{}` must be > 0. Received: {}={}", name, name, steps);
}

}  // namespace cornu::keras::optimizers::schedules

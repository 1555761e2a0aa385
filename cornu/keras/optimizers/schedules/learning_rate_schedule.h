#pragma once

#include "cornu/keras/serializable.h"
#include "cornu/tensor.h"

namespace cornu::keras {

// A learning rate as a function of the number of updates made.
class CORNU_API LearningRateScheduleImpl : public Serializable {
 public:
  std::string module_name() const override { return "keras.optimizers.schedules"; }
  virtual Tensor call(const Tensor& step) const = 0;
};

// A number or a schedule.
class CORNU_API LearningRate {
 public:
  LearningRate() = default;
  LearningRate(double value) : value_(value) {}
  LearningRate(std::shared_ptr<const LearningRateScheduleImpl> schedule) : schedule_(std::move(schedule)) {}
  double value() const { return value_; }
  const std::shared_ptr<const LearningRateScheduleImpl>& schedule() const { return schedule_; }

 private:
  double value_ = 0;
  std::shared_ptr<const LearningRateScheduleImpl> schedule_;
};
CORNU_API void write_json(const LearningRate& rate, Json& out);
CORNU_API void read_json(const Json& json, LearningRate& rate);

}  // namespace cornu::keras

#pragma once

// For the schedules' own files.

#include <functional>
#include <nlohmann/json.hpp>

#include "cornu/keras/optimizers/schedules/learning_rate_schedule.h"
#include "cornu/keras/saving/json_fields.h"

namespace cornu::keras::optimizers::schedules {

using ScheduleFunction = std::function<Tensor(const Tensor& step)>;
LearningRate schedule_of(std::string class_name, Json config, ScheduleFunction function);

// A schedule made of a function of the step. Its config is the required arguments, then the fields of the struct of others.
template <class Args>
LearningRate make_schedule(const char* class_name, Json required, const Args& args, ScheduleFunction function) {
  required.update(saving::to_json(args));
  return schedule_of(class_name, std::move(required), std::move(function));
}

// ValueError: `name`, a number of steps, is not positive.
void check_steps(const char* name, double steps);

}  // namespace cornu::keras::optimizers::schedules

#pragma once

#include <span>

#include "cornu/keras/optimizers/optimizer.h"
#include "cornu/keras/optimizers/schedules/learning_rate_schedule.h"

namespace cornu::keras::optimizers {

struct OptimizerRow {
  const char* class_name;          // "Adam"
  std::vector<const char*> names;  // "adam"
  Optimizer (*from_config)(const Json& config);
  bool wraps_another = false;  // which the config must have
};
CORNU_API std::span<const OptimizerRow> registry();

struct ScheduleRow {
  const char* class_name;
  std::vector<const char*> names;
  LearningRate (*from_config)(const Json& config);
};
CORNU_API std::span<const ScheduleRow> schedule_registry();

}  // namespace cornu::keras::optimizers

#include "cornu/keras/optimizers/registry.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/optimizers/adam.h"
#include "cornu/keras/optimizers/rmsprop.h"
#include "cornu/keras/optimizers/schedules/exponential_decay.h"
#include "cornu/keras/optimizers/sgd.h"
#include "cornu/keras/saving/serialization.h"

namespace cornu::keras {
namespace optimizers {

std::span<const OptimizerRow> registry() {
#define ROW(Class, ...)                                                                                       \
  {                                                                                                           \
#Class, {__VA_ARGS__ }, +[](const Json& config) { return Class(saving::from_json<Class##Args>(config)); } \
  }
  static const OptimizerRow rows[] = {
      ROW(Adam, "adam"),
      ROW(RMSprop, "rmsprop"),
      ROW(SGD, "sgd"),
  };
#undef ROW
  return rows;
}

std::span<const ScheduleRow> schedule_registry() {
  static const ScheduleRow rows[] = {
      {"ExponentialDecay",
       {},
       +[](const Json& config) {
         return schedules::ExponentialDecay(required<double>(config, "initial_learning_rate"),
                                            required<double>(config, "decay_steps"), required<double>(config, "decay_rate"),
                                            saving::from_json<schedules::ExponentialDecayArgs>(config));
       }},
  };
  return rows;
}

}  // namespace optimizers

void write_json(const LearningRate& rate, Json& out) { out = rate.schedule() ? serialize(*rate.schedule()) : Json(rate.value()); }
void read_json(const Json& json, LearningRate& rate) {
  if (json.is_number()) {
    rate = LearningRate(json.get<double>());
    return;
  }
  if (!json.is_object())
    throw error<ValueError>("`learning_rate` must be a number or the config of a LearningRateSchedule. Received: {}",
                            json.dump());
  read_object(json, rate, optimizers::schedule_registry());
}

Optimizer::Optimizer(const std::string& name) {
  std::string known;
  for (const auto& row : optimizers::registry()) {
    bool matches = name == row.class_name;
    for (const char* alias : row.names) matches |= name == alias;
    if (matches) {
      impl_ = row.from_config(Json::object()).impl();
      return;
    }
    known += (known.empty() ? "" : ", ") + std::string(row.names[0]);
  }
  throw error<ValueError>("Could not interpret optimizer identifier: '{}'. Known: {}", name, known);
}

}  // namespace cornu::keras

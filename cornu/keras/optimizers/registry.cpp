#include "cornu/keras/optimizers/registry.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/optimizers/adadelta.h"
#include "cornu/keras/optimizers/adafactor.h"
#include "cornu/keras/optimizers/adagrad.h"
#include "cornu/keras/optimizers/adam.h"
#include "cornu/keras/optimizers/adamax.h"
#include "cornu/keras/optimizers/adamw.h"
#include "cornu/keras/optimizers/ftrl.h"
#include "cornu/keras/optimizers/lamb.h"
#include "cornu/keras/optimizers/lion.h"
#include "cornu/keras/optimizers/loss_scale_optimizer.h"
#include "cornu/keras/optimizers/nadam.h"
#include "cornu/keras/optimizers/rmsprop.h"
#include "cornu/keras/optimizers/schedules/cosine_decay.h"
#include "cornu/keras/optimizers/schedules/cosine_decay_restarts.h"
#include "cornu/keras/optimizers/schedules/exponential_decay.h"
#include "cornu/keras/optimizers/schedules/inverse_time_decay.h"
#include "cornu/keras/optimizers/schedules/piecewise_constant_decay.h"
#include "cornu/keras/optimizers/schedules/polynomial_decay.h"
#include "cornu/keras/optimizers/sgd.h"
#include "cornu/keras/saving/serialization.h"

namespace cornu::keras {
namespace optimizers {

namespace {

// Older files have the arguments of all optimizers here too, which must be the defaults.
Optimizer loss_scale_optimizer(const Json& config) {
  const Json defaults = saving::to_json(BaseArgs{});
  for (const auto& [key, value] : config.items())
    if (key != "name" && defaults.contains(key) && value != defaults[key])
      throw error<ValueError>("LossScaleOptimizer does not support `{}`. Instead, set `{}` on the `inner_optimizer`.", key, key);
  if (config.contains("dynamic") && config["dynamic"] != Json(true))
    throw ValueError(
        "LossScaleOptimizer no longer supports `dynamic=False`. Instead, simply set `loss_scale_factor` directly on the "
        "`inner_optimizer`.");
  Optimizer inner;
  if (const auto found = config.find("inner_optimizer"); found != config.end()) read_object(*found, inner, registry());
  return LossScaleOptimizer(inner, saving::from_json<LossScaleOptimizerArgs>(config));
}

}  // namespace

std::span<const OptimizerRow> registry() {
#define ROW(Class, ...)                                                                                       \
  {                                                                                                           \
#Class, {__VA_ARGS__ }, +[](const Json& config) { return Class(saving::from_json<Class##Args>(config)); } \
  }
  static const OptimizerRow rows[] = {
      {"LossScaleOptimizer", {"lossscaleoptimizer"}, loss_scale_optimizer, true},
      ROW(Adadelta, "adadelta"),
      ROW(Adafactor, "adafactor"),
      ROW(Adagrad, "adagrad"),
      ROW(Adam, "adam"),
      ROW(AdamW, "adamw"),
      ROW(Adamax, "adamax"),
      ROW(Ftrl, "ftrl"),
      ROW(Lamb, "lamb"),
      ROW(Lion, "lion"),
      ROW(Nadam, "nadam"),
      ROW(RMSprop, "rmsprop"),
      ROW(SGD, "sgd"),
  };
#undef ROW
  return rows;
}

namespace {

double number(const Json& config, const char* key) { return required<double>(config, key); }
std::vector<double> numbers(const Json& config, const char* key) { return required<std::vector<double>>(config, key); }

}  // namespace

std::span<const ScheduleRow> schedule_registry() {
#define ROW(Class, ...)                                                                                                          \
  {                                                                                                                              \
#Class,                                                                                                                      \
        {}, +[](const Json& config) { return schedules::Class(__VA_ARGS__, saving::from_json<schedules::Class##Args>(config)); } \
  }
  static const ScheduleRow rows[] = {
      ROW(CosineDecay, number(config, "initial_learning_rate"), number(config, "decay_steps")),
      ROW(CosineDecayRestarts, number(config, "initial_learning_rate"), number(config, "first_decay_steps")),
      ROW(ExponentialDecay, number(config, "initial_learning_rate"), number(config, "decay_steps"), number(config, "decay_rate")),
      ROW(InverseTimeDecay, number(config, "initial_learning_rate"), number(config, "decay_steps"), number(config, "decay_rate")),
      ROW(PiecewiseConstantDecay, numbers(config, "boundaries"), numbers(config, "values")),
      ROW(PolynomialDecay, number(config, "initial_learning_rate"), number(config, "decay_steps")),
  };
#undef ROW
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
  if (const auto* row = find_row(optimizers::registry(), name)) {
    impl_ = row->from_config(Json::object()).impl();
    return;
  }
  std::string known;
  for (const auto& row : optimizers::registry())
    if (!row.wraps_another) known += (known.empty() ? "" : ", ") + std::string(row.names[0]);
  throw error<ValueError>("Could not interpret optimizer identifier: '{}'. Known: {}", name, known);
}

}  // namespace cornu::keras

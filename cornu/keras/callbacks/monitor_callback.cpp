#include "cornu/keras/callbacks/monitor_callback.h"

#include <cmath>

#include "cornu/base/log.h"
#include "cornu/keras/models/model.h"

namespace cornu::keras::callbacks {

MonitorCallback::MonitorCallback(std::string monitor, std::string mode, std::optional<double> baseline, double min_delta)
    : best_(baseline), monitor_(std::move(monitor)), mode_(std::move(mode)), min_delta_(std::abs(min_delta)) {
  if (mode_ == "auto" || mode_ == "min" || mode_ == "max") return;
  log::warn_once("A callback's mode '{}' is unknown, fallback to auto mode. Known: auto, min, max.", mode_);
  mode_ = "auto";
}

MetricDirection MonitorCallback::direction_of_metric() const {
  if (mode_ != "auto") return mode_ == "min" ? MetricDirection::down : MetricDirection::up;
  const std::string name = monitor_.starts_with("val_") ? monitor_.substr(4) : monitor_;
  if (name == "loss") return MetricDirection::down;
  for (const Metric& metric : model().metrics())
    if (metric->name() == name && metric->direction() != MetricDirection::unknown) return metric->direction();
  throw error<ValueError>(
      "{} callback received monitor={}, but Keras isn't able to automatically determine whether that metric should be maximized "
      "or "
      "minimized. Pass `mode='max'` in order to monitor based on the highest metric value, or pass `mode='min'` in order to use "
      "the "
      "lowest value.",
      class_name(), monitor_);
}

// The model's metrics are known only once it has trained.
void MonitorCallback::find_direction() {
  if (direction_ == MetricDirection::unknown) direction_ = direction_of_metric();
}

std::optional<double> MonitorCallback::current(const LogValues& logs) {
  find_direction();
  const double* value = logs.find(monitor_);
  return value ? std::optional(*value) : std::nullopt;
}

CallbackState MonitorCallback::state() const {
  CallbackState out;
  if (best_) out.numbers.set("best", *best_);
  return out;
}
void MonitorCallback::set_state(const CallbackState& state) {
  const double* best = state.numbers.find("best");
  best_ = best ? std::optional(*best) : std::nullopt;
}

bool MonitorCallback::is_improvement(double value, std::optional<double> reference) {
  find_direction();
  if (!reference) return true;
  return direction_ == MetricDirection::down ? value + min_delta_ < *reference : value - min_delta_ > *reference;
}

}  // namespace cornu::keras::callbacks

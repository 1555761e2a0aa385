#pragma once

#include <optional>

#include "cornu/keras/callbacks/callback.h"
#include "cornu/keras/metrics/metric.h"

namespace cornu::keras::callbacks {

// What watches one value of the logs and knows when it got better.
class CORNU_API MonitorCallback : public Callback {
 public:
  // `mode`: "min", "max", or "auto": by the name of the metric. `baseline`: the best so far. An unknown mode is "auto", with a warning.
  MonitorCallback(std::string monitor, std::string mode, std::optional<double> baseline = {}, double min_delta = 0);
  const std::string& monitor() const { return monitor_; }
  std::optional<double> best() const { return best_; }
  CallbackState state() const override;
  void set_state(const CallbackState& state) override;

 protected:
  // The callback's class, for messages.
  virtual std::string class_name() const = 0;
  // Better than the reference by more than min_delta; anything is better than nothing.
  // ValueError when "auto" cannot tell whether the metric should grow.
  bool is_improvement(double value, std::optional<double> reference);
  // The value in the logs of an epoch, if it is there. ValueError as above.
  std::optional<double> current(const LogValues& logs);

  std::optional<double> best_;

 private:
  MetricDirection direction_of_metric() const;
  void find_direction();

  std::string monitor_, mode_;
  double min_delta_;
  MetricDirection direction_ = MetricDirection::unknown;
};

}  // namespace cornu::keras::callbacks

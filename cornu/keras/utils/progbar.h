#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "cornu/keras/callbacks/callback.h"

namespace cornu::keras::utils {

struct ProgbarArgs {
  int width = 20;
  int verbose = 1;         // 0 silent, 1 a bar, 2 one line at the end
  double interval = 0.05;  // seconds between two drawings
  // Values shown as they are given; the others are averaged over the steps.
  std::optional<std::set<std::string>> stateful_metrics;
  // The other way round: only these are averaged. ValueError when both are given.
  std::optional<std::set<std::string>> stateless_metrics;
  std::string unit_name = "step";
};

// keras.utils.Progbar on standard output. On a terminal the bar is drawn over itself, as Keras does; elsewhere only its last
// state is written, as a line without colours.
class CORNU_API Progbar {
 public:
  // `target`: the steps expected; nothing or 0 when that is not known.
  explicit Progbar(std::optional<int64_t> target, ProgbarArgs args = {});
  // `current` steps are done. `finalize` ends the bar; not given: when the target is reached.
  void update(int64_t current, const LogValues& values = {}, std::optional<bool> finalize = {});
  void add(int64_t steps, const LogValues& values = {}) { update(seen_ + steps, values); }
  void set_target(int64_t target) { target_ = target; }

  // What a bar knows of the world; tests put their own in its place.
  struct World {
    std::function<double()> now;        // seconds
    std::function<bool()> on_terminal;  // is standard output one?
  };
  static World& world();

 private:
  struct Value {
    std::string name;
    double sum, count;
  };
  bool is_known() const { return target_.value_or(0) > 0; }
  void take(const LogValues& values, int64_t current, bool finalize);
  double step_duration(int64_t current, double now);
  std::string bar(int64_t current) const;
  std::string info(int64_t current, double now, double step, bool finalize) const;
  void draw(int64_t current, double now, double step, bool finalize);
  void draw_line(int64_t current, double now, double step) const;

  std::optional<int64_t> target_;
  ProgbarArgs args_;
  bool terminal_;
  std::vector<Value> values_;
  int64_t seen_ = 0;
  double start_, last_update_ = 0;
  std::optional<double> after_first_step_;
  std::size_t previous_width_ = 0;
};

}  // namespace cornu::keras::utils

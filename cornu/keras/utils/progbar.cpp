#include "cornu/keras/utils/progbar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "cornu/base/errors.h"
#include "cornu/base/python_names.h"
#include "cornu/keras/utils/io_utils.h"

namespace cornu::keras::utils {
namespace {

std::string repeated(const char* text, int64_t times) {
  std::string out;
  for (int64_t i = 0; i < times; ++i) out += text;
  return out;
}

// Without escape sequences.
std::string plain(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\033') i = text.find('m', i);
    else out += text[i];
  }
  return out;
}
// Columns on a terminal: characters of UTF-8 that are not escape sequences.
std::size_t shown_width(const std::string& text) {
  const std::string shown = plain(text);
  return std::count_if(shown.begin(), shown.end(), [](char c) { return (c & 0xc0) != 0x80; });
}

// "12s", "1:05", "1:02:03".
std::string remaining(double seconds) {
  const auto whole = static_cast<int64_t>(seconds);
  if (seconds > 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole % 3600 / 60, whole % 60);
  if (seconds > 60) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}s", whole);
}
std::string per_unit(double seconds, const std::string& unit) {
  if (seconds >= 1 || seconds == 0) return fmt::format(" {:.0f}s/{}", seconds, unit);
  if (seconds >= 1e-3) return fmt::format(" {:.0f}ms/{}", seconds * 1e3, unit);
  return fmt::format(" {:.0f}us/{}", seconds * 1e6, unit);
}
std::string counted(int64_t current, int64_t target) {
  return fmt::format("{:>{}}/{}", current, std::to_string(target).size(), target);
}
// Four decimals, or the exponent's form for what they would hide.
std::string number(double value, double magnitude) {
  return magnitude > 1e-3 ? fmt::format("{:.4f}", value) : fmt::format("{:.4e}", value);
}

}  // namespace

Progbar::World& Progbar::world() {
  static World world{[] { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); },
                     [] { return isatty(STDOUT_FILENO) == 1; }};
  return world;
}

PYTHON_NAMES("keras.utils.Progbar");
Progbar::Progbar(std::optional<int64_t> target, ProgbarArgs args)
    : target_(target), args_(std::move(args)), terminal_(world().on_terminal()), start_(world().now()) {
  if (args_.stateful_metrics && args_.stateless_metrics)
    throw ValueError(
        "Only one of `stateful_metrics` or `stateless_metrics` can be provided. `stateful_metrics` is used to make metrics "
        "stateless by "
        "default (with an exclusion list), while `stateless_metrics` is used to make metrics stateful by default (with an "
        "exclusion list).");
}

void Progbar::update(int64_t current, const LogValues& values, std::optional<bool> finalize) {
  const bool last = finalize.value_or(target_ && current >= *target_);
  take(values, current, last);
  seen_ = current;
  const double now = world().now(), step = step_duration(current, now);
  if (args_.verbose == 1) {
    if (now - last_update_ < args_.interval && !last) return;
    draw(current, now, step, last);
  } else if (args_.verbose == 2 && last && is_known()) {
    draw_line(current, now, step);
  }
  last_update_ = now;
}

void Progbar::take(const LogValues& values, int64_t current, bool finalize) {
  const double steps = static_cast<double>(std::max<int64_t>(current - seen_, 1));
  for (const auto& [name, value] : values) {
    const bool averaged = args_.stateless_metrics ? args_.stateless_metrics->count(name)
                                                  : !(args_.stateful_metrics && args_.stateful_metrics->count(name));
    auto found = std::find_if(values_.begin(), values_.end(), [&name = name](const Value& v) { return v.name == name; });
    if (found == values_.end()) found = values_.insert(values_.end(), Value{name, 0, 0});
    if (averaged && !finalize) *found = {name, found->sum + value * steps, found->count + steps};
    else *found = {name, value, 1};
  }
}

// The first step is not like the others: it is left out as soon as there are more.
double Progbar::step_duration(int64_t current, double now) {
  if (current == 0) return 0;
  const double step = after_first_step_ && current > 1 ? (now - *after_first_step_) / static_cast<double>(current - 1)
                                                       : (now - start_) / static_cast<double>(current);
  if (current == 1) after_first_step_ = now;
  return step;
}

std::string Progbar::bar(int64_t current) const {
  if (!is_known()) return fmt::format("{:>7}/Unknown", current);
  const auto done = static_cast<int64_t>(args_.width * (static_cast<double>(current) / static_cast<double>(*target_)));
  std::string out = fmt::format("\033[1m{}\033[0m ", counted(current, *target_));
  if (done > 0) out += fmt::format("\033[32m{}\033[0m", repeated("━", done));
  return out + fmt::format("\033[37m{}\033[0m", repeated("━", args_.width - done));
}

std::string Progbar::info(int64_t current, double now, double step, bool finalize) const {
  const bool estimates = is_known() && !finalize;
  const std::string time =
      estimates ? remaining(step * static_cast<double>(*target_ - current)) : fmt::format("{:.0f}s", now - start_);
  std::string out = fmt::format(" \033[1m{}\033[0m{}", time, per_unit(step, args_.unit_name));
  for (const Value& v : values_) {
    const double mean = v.sum / std::max(1.0, v.count);
    out += fmt::format(" - {}: {}", v.name, number(mean, std::abs(mean)));
  }
  return out;
}

void Progbar::draw(int64_t current, double now, double step, bool finalize) {
  if (!terminal_ && !finalize) return;
  std::string text = bar(current) + info(current, now, step, finalize);
  if (!terminal_) return print_msg(plain(text));
  const std::size_t width = shown_width(text);
  if (previous_width_ > width) text += std::string(previous_width_ - width, ' ');
  print_msg(std::string(previous_width_, '\b') + '\r' + text, finalize);
  previous_width_ = width;
}

void Progbar::draw_line(int64_t current, double now, double step) const {
  std::string text = counted(current, *target_) + fmt::format(" - {:.0f}s -", now - start_) + per_unit(step, args_.unit_name);
  for (const Value& v : values_) {
    const double mean = v.sum / std::max(1.0, v.count);
    text += fmt::format(" - {}: {}", v.name, number(mean, mean));
  }
  print_msg(text);
}

}  // namespace cornu::keras::utils

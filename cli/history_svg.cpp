#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "cli/history_files.h"

namespace cornu::cli {
namespace {

// In pixels: a panel's plot with room for its labels around it.
constexpr double kWidth = 640, kHeight = 220, kLeft = 70, kRight = 20, kTop = 40, kBottom = 44;
constexpr double kPanelHeight = kTop + kHeight + kBottom, kPanelWidth = kLeft + kWidth + kRight;
// These stand out from white as from black.
constexpr const char* kCross = "×";
constexpr const char *kInk = "#808080", *kTraining = "#2f7ed8", *kValidation = "#e2711d";

std::string escaped(const std::string& text) {
  std::string out;
  for (char c : text) out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
  return out;
}

// 1, 2 or 5 times a power of ten: about `count` of them fill the range.
double tick_step(double range, int count) {
  const double raw = range / count, power = std::pow(10, std::floor(std::log10(raw)));
  for (double factor : {1.0, 2.0, 5.0})
    if (raw <= factor * power) return factor * power;
  return 10 * power;
}

// An axis from `low` to `high`, the data's range widened to whole ticks.
struct Axis {
  double low, high, step;

  static Axis around(double least, double most) {
    if (most - least <= 1e-9 * std::max(std::abs(least), std::abs(most))) {
      const double half = most != 0 ? std::abs(most) / 10 : 1;
      least -= half, most += half;
    }
    const double step = tick_step(most - least, 5);
    return {std::floor(least / step + 1e-9) * step, std::ceil(most / step - 1e-9) * step, step};
  }
  double at(double value) const { return (value - low) / (high - low); }  // 0 to 1
  // As few digits as tell one tick from the next.
  std::string label(double value) const {
    const int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 12);
    if (std::abs(high) >= 1e6 || step < 1e-4) return fmt::format("{:.6g}", std::abs(value) < step / 2 ? 0.0 : value);
    return fmt::format("{:.{}f}", std::abs(value) < step / 2 ? 0.0 : value, decimals);
  }
};

struct Panel {
  std::string name;
  std::vector<double> training, validation;  // validation may be empty
};

std::vector<Panel> panels_of(const keras::HistoryValues& history) {
  std::vector<Panel> panels;
  for (const auto& [name, values] : history) {
    if (!name.starts_with("val_")) {
      panels.push_back({name, values, {}});
      continue;
    }
    const auto found = std::find_if(panels.begin(), panels.end(),
                                    [&wanted = name](const Panel& panel) { return "val_" + panel.name == wanted; });
    if (found != panels.end()) found->validation = values;
  }
  return panels;
}

class Drawing {
 public:
  void text(double x, double y, const char* anchor, const std::string& text, const std::string& more = "") {
    out_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>\n", x, y, anchor, more, escaped(text));
  }
  void line(double x1, double y1, double x2, double y2, const char* colour, double width, double opacity = 1) {
    out_ += fmt::format(
        "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" stroke-width=\"{}\" "
        "stroke-opacity=\"{}\"/>\n",
        x1, y1, x2, y2, colour, width, opacity);
  }
  void dot(double x, double y, const char* colour) {
    out_ += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.5\" fill=\"{}\"/>\n", x, y, colour);
  }
  // A line through the values that are numbers; a point that stands alone is a dot. NaN and infinity are crosses on the axis.
  void curve(const std::vector<double>& values, const Axis& y_axis, double left, double bottom, const char* colour) {
    const double step = values.size() > 1 ? kWidth / static_cast<double>(values.size() - 1) : 0,
                 middle = values.size() > 1 ? 0 : kWidth / 2;
    auto x = [&](std::size_t i) { return left + middle + step * static_cast<double>(i); };
    auto y = [&](std::size_t i) { return bottom - kHeight * y_axis.at(values[i]); };
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!std::isfinite(values[i])) {
        text(x(i), bottom - 3, "middle", kCross, fmt::format(" fill=\"{}\"", colour));
        continue;
      }
      if (i > 0 && std::isfinite(values[i - 1])) line(x(i - 1), y(i - 1), x(i), y(i), colour, 2);
      if (values.size() <= 30) dot(x(i), y(i), colour);
    }
  }
  std::string finish(double width, double height) const {
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
        "font-family=\"sans-serif\" "
        "font-size=\"13\" fill=\"{2}\">\n{3}</svg>\n",
        width, height, kInk, out_);
  }

 private:
  std::string out_;
};

void draw_legend(Drawing& drawing, double right, double y, bool with_validation) {
  auto entry = [&](double x, const char* name, const char* colour) {
    drawing.line(x, y - 4, x + 24, y - 4, colour, 2);
    drawing.text(x + 30, y, "start", name);
  };
  entry(right - (with_validation ? 200 : 90), "training", kTraining);
  if (with_validation) entry(right - 94, "validation", kValidation);
}

void draw_epochs(Drawing& drawing, const std::vector<int>& epochs, double left, double bottom) {
  const auto count = epochs.size();
  const auto step = static_cast<std::size_t>(std::max(1.0, count > 1 ? tick_step(static_cast<double>(count - 1), 10) : 1.0));
  for (std::size_t i = 0; i < count; ++i) {
    const int number = epochs[i] + 1;  // counted from 1, as the progress bar does
    if (count > 1 && number % static_cast<int>(step) != 0) continue;
    const double x = left + (count > 1 ? kWidth * static_cast<double>(i) / static_cast<double>(count - 1) : kWidth / 2);
    drawing.line(x, bottom, x, bottom + 4, kInk, 1);
    drawing.text(x, bottom + 18, "middle", std::to_string(number));
  }
  drawing.text(left + kWidth / 2, bottom + 36, "middle", "epoch");
}

void draw(Drawing& drawing, const Panel& panel, const std::vector<int>& epochs, double top) {
  std::vector<double> finite;
  for (const auto* values : {&panel.training, &panel.validation})
    std::copy_if(values->begin(), values->end(), std::back_inserter(finite), [](double value) { return std::isfinite(value); });
  const bool all_finite = finite.size() == panel.training.size() + panel.validation.size();
  if (finite.empty()) finite = {0};
  const auto [least, most] = std::minmax_element(finite.begin(), finite.end());
  const Axis axis = Axis::around(*least, *most);
  const double left = kLeft, right = kLeft + kWidth, bottom = top + kTop + kHeight;

  drawing.text(left, top + 24, "start", panel.name, " font-weight=\"bold\"");
  if (!all_finite) drawing.text(left + 150, top + 24, "start", fmt::format("{} not a finite number", kCross));
  draw_legend(drawing, right, top + 24, !panel.validation.empty());
  for (int i = 0; axis.low + i * axis.step <= axis.high + axis.step / 2; ++i) {
    const double value = axis.low + i * axis.step, y = bottom - kHeight * axis.at(value);
    drawing.line(left, y, right, y, kInk, 1, i == 0 ? 1 : 0.3);
    drawing.text(left - 8, y + 4, "end", axis.label(value));
  }
  draw_epochs(drawing, epochs, left, bottom);
  drawing.curve(panel.training, axis, left, bottom, kTraining);
  drawing.curve(panel.validation, axis, left, bottom, kValidation);
}

}  // namespace

std::string history_svg(const keras::History& history) {
  Drawing drawing;
  double top = 0;
  for (const Panel& panel : panels_of(history.history)) {
    draw(drawing, panel, history.epoch, top);
    top += kPanelHeight;
  }
  return drawing.finish(kPanelWidth, top);
}

}  // namespace cornu::cli

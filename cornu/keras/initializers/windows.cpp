#include "cornu/keras/initializers/windows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "cornu/keras/saving/json_fields.h"

namespace cornu::keras::initializers {
namespace {

using std::numbers::pi;

// A symmetric window at x, from -1 at its first sample to 1 at its last, of `count` samples.
using WindowFunction = double (*)(double x, double count);

// sum over k of a_k cos(k pi x)
template <std::size_t N>
double cosines(const double (&a)[N], double x) {
  double sum = 0;
  for (std::size_t k = 0; k < N; ++k) sum += a[k] * std::cos(double(k) * pi * x);
  return sum;
}
double sinc(double x) { return x == 0 ? 1.0 : std::sin(pi * x) / (pi * x); }

double parzen(double x, double count) {
  const double u = std::abs(x) * (count - 1) / count;
  return std::abs(x) <= 0.5 ? 1 - 6 * u * u * (1 - u) : 2 * std::pow(1 - u, 3);
}
// Four equal side lobes of -30 dB, then falling ones; 1 in the middle.
double taylor(double x, double count) {
  constexpr int kLobes = 4;
  const double a = std::acosh(std::pow(10.0, 30 / 20.0)) / pi, stretch = kLobes * kLobes / (a * a + std::pow(kLobes - 0.5, 2));
  const auto sum = [&](double at) {
    double out = 1;
    for (int m = 1; m < kLobes; ++m) {
      double factor = m % 2 ? 1.0 : -1.0;
      for (int k = 1; k < kLobes; ++k) {
        factor *= 1 - m * m / stretch / (a * a + std::pow(k - 0.5, 2));
        if (k != m) factor /= 1 - double(m * m) / (k * k);
      }
      out += factor * std::cos(pi * m * at);
    }
    return out;
  };
  return sum(x * (count - 1) / count) / sum(0);
}

struct WindowRow {
  std::vector<const char*> names;
  WindowFunction function;
};
const WindowRow kWindows[] = {
    {{"barthann", "brthan", "bth"}, [](double x, double) { return 0.62 - 0.24 * std::abs(x) + 0.38 * std::cos(pi * x); }},
    {{"bartlett", "bart", "brt"}, [](double x, double) { return 1 - std::abs(x); }},
    {{"blackman", "black", "blk"},
     [](double x, double) {
       return cosines({0.42, 0.5, 0.08}, x);
     }},
    {{"blackmanharris", "blackharr", "bkh"},
     [](double x, double) {
       return cosines({0.35875, 0.48829, 0.14128, 0.01168}, x);
     }},
    {{"bohman", "bman", "bmn"},
     [](double x, double) {
       return std::abs(x) == 1 ? 0.0 : (1 - std::abs(x)) * std::cos(pi * x) + std::sin(pi * std::abs(x)) / pi;
     }},
    {{"boxcar", "box", "ones", "rect", "rectangular"}, [](double, double) { return 1.0; }},
    {{"cosine", "halfcosine"}, [](double x, double count) { return std::cos(pi / 2 * x * (count - 1) / count); }},
    {{"exponential", "poisson"}, [](double x, double count) { return std::exp(-std::abs(x) * (count - 1) / 2); }},
    {{"flattop", "flat", "flt"},
     [](double x, double) {
       return cosines({0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368}, x);
     }},
    {{"hamming", "hamm", "ham"},
     [](double x, double) {
       return cosines({0.54, 0.46}, x);
     }},
    {{"hann", "han"},
     [](double x, double) {
       return cosines({0.5, 0.5}, x);
     }},
    {{"lanczos", "sinc"}, [](double x, double) { return sinc(x); }},
    {{"nuttall", "nutl", "nut"},
     [](double x, double) {
       return cosines({0.3635819, 0.4891775, 0.1365995, 0.0106411}, x);
     }},
    {{"parzen", "parz", "par"}, parzen},
    {{"taylor", "taylorwin"}, taylor},
    {{"triangle", "triang", "tri"},
     [](double x, double count) { return 1 - std::abs(x) * (count - 1) / (std::fmod(count, 2) == 0 ? count : count + 1); }},
    // Hann's slopes, flat in the middle half.
    {{"tukey", "tuk"},
     [](double x, double) { return std::abs(x) <= 0.5 ? 1.0 : 0.5 * (1 + std::cos(pi * (2 * std::abs(x) - 1))); }},
};

// "hann_periodic": "hann", and what the end says.
struct NameOfWindow {
  std::string name;
  std::optional<bool> periodic;
};
NameOfWindow without_ending(std::string name) {
  for (const auto& [ending, periodic] : {std::pair{"_symmetric", false}, std::pair{"_periodic", true}})
    if (name.ends_with(ending)) return {name.substr(0, name.rfind('_')), periodic};
  return {std::move(name), {}};
}
const WindowRow* find_window(const std::string& name) {
  const auto found = std::find_if(std::begin(kWindows), std::end(kWindows), [&](const WindowRow& row) {
    return std::find(row.names.begin(), row.names.end(), name) != row.names.end();
  });
  return found == std::end(kWindows) ? nullptr : found;
}

}  // namespace

Window::Window(const std::string& name) : name_(name) {
  if (find_window(without_ending(name).name)) return;
  std::string known;
  for (const auto& row : kWindows) known += (known.empty() ? "" : ", ") + std::string(row.names[0]);
  throw error<ValueError>("Unknown window: '{}'. Known are {}; any other is given by its numbers.", name, known);
}

std::vector<double> Window::of_length(int64_t length, bool periodic) const {
  if (numbers_) {
    if (static_cast<int64_t>(numbers_->size()) != length)
      throw error<ValueError>("The shape of `window` must be equal to [frame_length], here [{}]. Received: window shape=[{}]",
                              length, numbers_->size());
    return *numbers_;
  }
  std::vector<double> out(static_cast<std::size_t>(length), 1.0);
  if (length <= 1) return out;
  const auto [name, ending] = without_ending(name_);
  // A periodic window is a symmetric one of a sample more, without that.
  const double count = double(length) + (ending.value_or(periodic) ? 1 : 0);
  for (std::size_t n = 0; n < out.size(); ++n) out[n] = find_window(name)->function(2 * double(n) / (count - 1) - 1, count);
  return out;
}

void write_json(const Window& window, Json& out) {
  if (window.numbers_) out = *window.numbers_;
  else if (window.exists()) out = window.name_;
  else out = nullptr;
}
void read_json(const Json& json, Window& window) {
  if (json.is_null()) window = Window();
  else if (json.is_string()) window = Window(json.get<std::string>());
  else if (json.is_array()) saving::read_json(json, window.numbers_), window.name_.clear();
  else saving::mismatch("the name of a window, its numbers or null", json);
}

}  // namespace cornu::keras::initializers

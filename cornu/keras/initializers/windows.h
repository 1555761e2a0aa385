#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cornu/base/api.h"
#include "cornu/base/json.h"

namespace cornu::keras::initializers {

// A window over the samples of a frame: by a name that scipy.signal.get_window takes without parameters ("hann", "hamming",
// "blackman", ...; "_periodic" or "_symmetric" at its end says which, whatever else does), by its numbers, or none.
class CORNU_API Window {
 public:
  Window() = default;
  Window(const char* name) : Window(std::string(name)) {}
  Window(const std::string& name);  // ValueError lists the known names
  Window(std::vector<double> numbers) : numbers_(std::move(numbers)) {}

  bool exists() const { return !name_.empty() || numbers_; }
  // Its numbers. ValueError: there are others than `length`.
  std::vector<double> of_length(int64_t length, bool periodic) const;

  friend CORNU_API void write_json(const Window& window, Json& out);
  friend CORNU_API void read_json(const Json& json, Window& window);

 private:
  std::string name_;
  std::optional<std::vector<double>> numbers_;
};
CORNU_API void write_json(const Window& window, Json& out);
CORNU_API void read_json(const Json& json, Window& window);

}  // namespace cornu::keras::initializers

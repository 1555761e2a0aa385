#include "cornu/device/device_spec.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <vector>

#include "cornu/base/errors.h"
#include "cornu/base/python_names.h"
#include "cornu/base/suggest.h"

namespace cornu {
namespace {

// Types that may stand alone; any other needs "device:" before it.
constexpr std::array<std::string_view, 5> kBareTypes = {"CPU", "GPU", "TPU", "CUSTOM", "EPU"};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::string upper(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return char(std::toupper(c)); });
  return result;
}

int integer(std::string_view digits, std::string_view spec) {
  int value = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (failed != std::errc() || end != digits.data() + digits.size())
    throw error<ValueError>("invalid literal for int() with base 10: '{}' in the device spec '{}'.", digits, spec);
  return value;
}

void set_device(DeviceSpec& result, std::string_view type, std::string_view index, std::string_view spec) {
  if (result.device_type)
    throw error<ValueError>("Multiple device types are not allowed while parsing the device spec: {}.", spec);
  result.device_type = upper(type);
  if (index != "*") result.device_index = integer(index, spec);
}

// "GPU0" is meant as "GPU:0", "GUP:1" as "GPU:1".
std::string suggestion_for(std::string_view name, std::string_view index) {
  const std::string word = upper(name.substr(0, name.find_first_of("0123456789")));
  const std::string number(word.size() < name.size() ? name.substr(word.size()) : index);
  const std::vector<std::string> types(kBareTypes.begin(), kBareTypes.end());
  const std::string known = suggestion(word, types);
  if (known.empty() || number.empty()) return known;
  return known.substr(0, known.size() - 1) + ":" + number + "?";
}

[[noreturn]] void unknown_attribute(std::string_view name, std::string_view index, std::string_view spec) {
  std::string text = fmt::format("Unknown attribute '{}' is encountered while parsing the device spec: '{}'.", name, spec);
  if (name == "physical_device") text += " Tensors are placed on logical devices: use a name such as '/GPU:0'.";
  else if (upper(name) == "CUDA") text += " Use 'GPU:0' for the first GPU.";
  else text += suggestion_for(name, index);
  throw ValueError(text);
}

void parse_part(std::string_view part, std::string_view spec, DeviceSpec& result) {
  const auto words = split(part, ':');
  const std::string_view key = words[0];
  const bool bare = std::ranges::find(kBareTypes, upper(key)) != kBareTypes.end();
  if (words.size() == 2 && key == "job") {
    result.job = words[1];
  } else if (words.size() == 2 && key == "replica") {
    result.replica = integer(words[1], spec);
  } else if (words.size() == 2 && key == "task") {
    result.task = integer(words[1], spec);
  } else if (words.size() <= 2 && bare) {
    set_device(result, key, words.size() == 2 ? words[1] : "*", spec);
  } else if (words.size() == 3 && key == "device") {
    set_device(result, words[1], words[2], spec);
  } else if (!key.empty()) {
    unknown_attribute(key, words.size() == 2 ? words[1] : "", spec);
  }
}

template <class T>
void take(std::optional<T>& field, const std::optional<T>& other) {
  if (other) field = other;
}

}  // namespace

PYTHON_NAMES("tf.DeviceSpec");
DeviceSpec DeviceSpec::from_string(std::string_view spec) {
  DeviceSpec result;
  for (std::string_view part : split(spec, '/')) parse_part(part, spec, result);
  return result;
}

std::string DeviceSpec::to_string() const {
  std::string result;
  if (job) result += "/job:" + *job;
  if (replica) result += fmt::format("/replica:{}", *replica);
  if (task) result += fmt::format("/task:{}", *task);
  if (device_type) result += fmt::format("/device:{}:{}", *device_type, device_index ? std::to_string(*device_index) : "*");
  return result;
}

DeviceSpec DeviceSpec::make_merged_spec(const DeviceSpec& dev) const {
  DeviceSpec result = *this;
  take(result.job, dev.job);
  take(result.replica, dev.replica);
  take(result.task, dev.task);
  take(result.device_type, dev.device_type);
  take(result.device_index, dev.device_index);
  return result;
}

}  // namespace cornu

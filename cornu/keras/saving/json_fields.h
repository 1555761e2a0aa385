#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cornu/base/errors.h"
#include "cornu/base/json.h"
#include "cornu/base/reflect.h"
#include "cornu/tensor.h"

// The arguments of a layer or op, a plain struct, as the JSON object that Keras's get_config gives, and back:
//   struct SoftmaxArgs { int axis = -1; };
//   to_json(SoftmaxArgs{1})               {"axis": 1}
//   from_json<SoftmaxArgs>(config)        what the object does not say keeps its default
// A type of one's own becomes a field by two functions beside it, found by its namespace:
//   Json json_of(const T& value);
//   void json_to(const Json& json, T& value);     ValueError by `mismatch` when the JSON is of another kind

namespace cornu {

Json json_of(DType dtype);  // "float32"
void json_to(const Json& json, DType& dtype);
Json json_of(const Shape& shape);  // [null, 784]
void json_to(const Json& json, Shape& shape);
// A number, null for no tensor, {"class_name": "__tensor__", "config": {"value": [...], "dtype": "float32"}} for any other.
Json json_of(const Tensor& tensor);
// Reads "__numpy__" too, and lists of numbers as convert_to_tensor does: in int32, floatx or bool.
void json_to(const Json& json, Tensor& tensor);

}  // namespace cornu

namespace cornu::keras::saving {

// "expected an integer. Received: "ten""; from_json puts the key before it.
[[noreturn]] void mismatch(std::string_view expected, const Json& received);

inline Json json_of(bool value) { return value; }
inline Json json_of(double value) { return value; }
inline Json json_of(const std::string& value) { return value; }
template <std::integral T>
Json json_of(T value) {
  return value;
}
template <class T>
Json json_of(const std::vector<T>& items);
template <class T>
Json json_of(const std::optional<T>& value);

inline void json_to(const Json& json, bool& value) {
  if (!json.is_boolean()) mismatch("true or false", json);
  value = json.get<bool>();
}
inline void json_to(const Json& json, double& value) {
  if (!json.is_number()) mismatch("a number", json);
  value = json.get<double>();
}
inline void json_to(const Json& json, std::string& value) {
  if (!json.is_string()) mismatch("a string", json);
  value = json.get<std::string>();
}
template <std::integral T>
void json_to(const Json& json, T& value) {
  const bool fits = json.is_number_unsigned()  ? json.get<uint64_t>() <= uint64_t(std::numeric_limits<T>::max())
                    : json.is_number_integer() ? std::in_range<T>(json.get<int64_t>())
                                               : false;
  if (!fits) mismatch("an integer", json);
  value = json.get<T>();
}
template <class T>
void json_to(const Json& json, std::vector<T>& items);
template <class T>
void json_to(const Json& json, std::optional<T>& value);

template <class T>
Json json_of(const std::vector<T>& items) {
  Json out = Json::array();
  for (const T& item : items) out.push_back(json_of(item));
  return out;
}
template <class T>
Json json_of(const std::optional<T>& value) {
  return value ? json_of(*value) : Json();
}
template <class T>
void json_to(const Json& json, std::vector<T>& items) {
  if (!json.is_array()) mismatch("a list", json);
  items.clear();
  for (const Json& item : json) json_to(item, items.emplace_back());
}
template <class T>
void json_to(const Json& json, std::optional<T>& value) {
  if (json.is_null()) return value.reset();
  json_to(json, value.emplace());
}

// One field of `config`, if it is there. ValueError with the key.
template <class T>
void read_field(const Json& config, std::string_view key, T& value) {
  const auto found = config.find(key);
  if (found == config.end()) return;
  try {
    json_to(*found, value);
  } catch (const ValueError& e) {
    throw error<ValueError>("`{}`: {}", key, e.what());
  }
}

template <class T>
Json to_json(const T& fields) {
  Json out = Json::object();
  reflect::for_each_field(fields, [&](std::string_view key, const auto& value) { out[std::string(key)] = json_of(value); });
  return out;
}
// Keys that are no fields are left to the caller.
template <class T>
T from_json(const Json& config) {
  if (!config.is_object()) mismatch("an object", config);
  T out;
  reflect::for_each_field(out, [&](std::string_view key, auto& value) { read_field(config, key, value); });
  return out;
}

}  // namespace cornu::keras::saving

#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
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
//   void write_json(const T& value, Json& out);
//   void read_json(const Json& json, T& value);     ValueError by `mismatch` when the JSON is of another kind
// Nothing here needs to know what is inside a Json: nearly every file of Keras's room includes this one, and the JSON
// library takes seconds to compile.

namespace cornu {

CORNU_API void write_json(DType dtype, Json& out);  // "float32"
CORNU_API void read_json(const Json& json, DType& dtype);
CORNU_API void write_json(const Shape& shape, Json& out);  // [null, 784]
CORNU_API void read_json(const Json& json, Shape& shape);
// A number, null for no tensor, {"class_name": "__tensor__", "config": {"value": [...], "dtype": "float32"}} for any
// other.
CORNU_API void write_json(const Tensor& tensor, Json& out);
// Reads "__numpy__" too, and lists of numbers as convert_to_tensor does: in int32, floatx or bool.
CORNU_API void read_json(const Json& json, Tensor& tensor);

}  // namespace cornu

namespace cornu::keras::saving {

// "expected an integer. Received: "ten""; from_json puts the key before it.
[[noreturn]] CORNU_API void mismatch(std::string_view expected, const Json& received);

namespace detail {

CORNU_API bool is_null(const Json& json);
CORNU_API void set_null(Json& json);
CORNU_API void set_list(Json& json);
CORNU_API Json& new_item(Json& list);
CORNU_API std::size_t list_size(const Json& json);  // ValueError: no list
CORNU_API const Json& item(const Json& list, std::size_t index);
CORNU_API int64_t signed_integer(const Json& json, int64_t least, int64_t largest);
CORNU_API uint64_t unsigned_integer(const Json& json, uint64_t largest);
CORNU_API void set_object(Json& json);
CORNU_API void check_object(const Json& json);  // ValueError: no object
CORNU_API Json& new_field(Json& object, std::string_view key);
CORNU_API void remove_field(Json& object, std::string_view key);
CORNU_API void move_field_to_end(Json& object, std::string_view key);
CORNU_API const Json* find_field(const Json& object, std::string_view key);  // null: it says nothing of the key
[[noreturn]] CORNU_API void rethrow_with_key(std::string_view key, const ValueError& e);

}  // namespace detail

CORNU_API void write_json(bool value, Json& out);
CORNU_API void write_json(double value, Json& out);
CORNU_API void write_json(int64_t value, Json& out);
CORNU_API void write_json(uint64_t value, Json& out);
CORNU_API void write_json(const std::string& value, Json& out);
template <std::integral T>
void write_json(T value, Json& out) {
  write_json(static_cast<std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>>(value), out);
}
template <class T>
void write_json(const std::vector<T>& items, Json& out);
template <class T>
void write_json(const std::optional<T>& value, Json& out);

CORNU_API void read_json(const Json& json, bool& value);
CORNU_API void read_json(const Json& json, double& value);
CORNU_API void read_json(const Json& json, std::string& value);
template <std::integral T>
void read_json(const Json& json, T& value) {
  constexpr T largest = std::numeric_limits<T>::max();
  if constexpr (std::is_signed_v<T>) value = static_cast<T>(detail::signed_integer(json, std::numeric_limits<T>::min(), largest));
  else value = static_cast<T>(detail::unsigned_integer(json, largest));
}
template <class T>
void read_json(const Json& json, std::vector<T>& items);
template <class T>
void read_json(const Json& json, std::optional<T>& value);

template <class T>
void write_json(const std::vector<T>& items, Json& out) {
  detail::set_list(out);
  for (const T& item : items) write_json(item, detail::new_item(out));
}
template <class T>
void write_json(const std::optional<T>& value, Json& out) {
  if (value) write_json(*value, out);
  else detail::set_null(out);
}
template <class T>
void read_json(const Json& json, std::vector<T>& items) {
  const std::size_t size = detail::list_size(json);
  items.clear();
  for (std::size_t i = 0; i < size; ++i) read_json(detail::item(json, i), items.emplace_back());
}
template <class T>
void read_json(const Json& json, std::optional<T>& value) {
  if (detail::is_null(json)) return value.reset();
  read_json(json, value.emplace());
}

// One field of `config`, if it is there. ValueError with the key.
template <class T>
void read_field(const Json& config, std::string_view key, T& value) {
  const Json* found = detail::find_field(config, key);
  if (!found) return;
  try {
    read_json(*found, value);
  } catch (const ValueError& e) {
    detail::rethrow_with_key(key, e);
  }
}

template <class T>
void write_fields(const T& fields, Json& out) {
  detail::set_object(out);
  reflect::for_each_field(fields,
                          [&](std::string_view key, const auto& value) { write_json(value, detail::new_field(out, key)); });
}
// Keys that are no fields are left to the caller.
template <class T>
void read_fields(const Json& config, T& fields) {
  detail::check_object(config);
  reflect::for_each_field(fields, [&](std::string_view key, auto& value) { read_field(config, key, value); });
}

// Arguments that Keras's own get_config leaves out, though its constructor takes them.
using Unsaid = std::vector<std::string_view>;
// Adds the arguments that `config` does not have. Those of `unsaid` are written where they are not the default: Keras reads them,
// and without them the file would mean something else.
template <class T, class J = Json>
void add_arguments(const T& fields, const Unsaid& unsaid, J& config) {
  J given, usual;
  write_fields(fields, given);
  write_fields(T{}, usual);
  for (const auto& [key, value] : given.items()) {
    const bool is_unsaid = std::find(unsaid.begin(), unsaid.end(), key) != unsaid.end();
    if (!config.contains(key) && !(is_unsaid && value == usual[key])) config[key] = value;
  }
}

template <class T, class J = Json>
J to_json(const T& fields) {
  J out;
  write_fields(fields, out);
  return out;
}
template <class T>
T from_json(const Json& config) {
  T out;
  read_fields(config, out);
  return out;
}

}  // namespace cornu::keras::saving

namespace cornu {

// A value as JSON, where what is inside a Json is known.
template <class T, class J = Json>
J json_of(const T& value) {
  using keras::saving::write_json;
  J out;
  write_json(value, out);
  return out;
}

}  // namespace cornu

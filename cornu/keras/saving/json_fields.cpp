#include "cornu/keras/saving/json_fields.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "cornu/keras/dtype_policy.h"

namespace cornu {
namespace {

using keras::saving::mismatch;

constexpr std::size_t kLongestReceived = 100;
constexpr int kLargestRank = 32;  // a file's nesting may not exhaust the stack

template <class T>
Json element(T value) {
  if constexpr (std::is_class_v<T>) return static_cast<double>(static_cast<float>(value));
  else return value;
}

// Nested lists, one level an axis.
template <class T>
Json nested(const T*& next, const Shape& shape, int axis) {
  if (axis == shape.rank()) return element(*next++);
  Json out = Json::array();
  for (int64_t i = 0; i < shape[axis]; ++i) out.push_back(nested(next, shape, axis + 1));
  return out;
}

// The shape of nested lists, read along their first members.
Shape shape_of(const Json& json) {
  Shape shape;
  for (const Json* at = &json; at->is_array(); at = &at->front()) {
    if (shape.rank() == kLargestRank) throw error<ValueError>("expected at most {} nested lists.", kLargestRank);
    shape.push_back(static_cast<int64_t>(at->size()));
    if (at->empty()) break;
  }
  return shape;
}

template <class T>
void flatten(const Json& json, const Shape& shape, int axis, std::vector<T>& out) {
  if (axis == shape.rank()) {
    if (json.is_boolean()) return out.push_back(json.get<bool>());
    if (!json.is_number()) mismatch("a number", json);
    if constexpr (std::is_class_v<T>) return out.push_back(T(json.get<float>()));
    else return out.push_back(json.get<T>());
  }
  if (!json.is_array() || static_cast<int64_t>(json.size()) != shape[axis]) mismatch("lists of one length", json);
  for (const Json& item : json) flatten(item, shape, axis + 1, out);
}

bool every_number(const Json& json, bool (Json::*is)() const noexcept) {
  if (!json.is_array()) return (json.*is)();
  return std::all_of(json.begin(), json.end(), [&](const Json& item) { return every_number(item, is); });
}
DType dtype_of_numbers(const Json& json) {
  if (every_number(json, &Json::is_boolean)) return bool_;
  return every_number(json, &Json::is_number_integer) ? int32 : keras::config::floatx();
}

Tensor tensor_of(const Json& value, DType dtype) {
  const Shape shape = shape_of(value);
  return dispatch(dtype, [&]<class T>(T) {
    std::vector<T> elements;
    flatten(value, shape, 0, elements);
    auto memory = std::make_shared<std::vector<std::byte>>(elements.size() * sizeof(T));
    std::size_t at = 0;
    for (const T element : elements) std::memcpy(memory->data() + sizeof(T) * at++, &element, sizeof(T));
    return Tensor::from_memory({memory, memory->data()}, dtype, shape);
  });
}

}  // namespace

namespace keras::saving {

void mismatch(std::string_view expected, const Json& received) {
  std::string text = received.dump();
  if (text.size() > kLongestReceived) text = text.substr(0, kLongestReceived) + "...";
  throw error<ValueError>("expected {}. Received: {}", expected, text);
}

namespace detail {

bool is_null(const Json& json) { return json.is_null(); }
void set_null(Json& json) { json = nullptr; }
void set_list(Json& json) { json = Json::array(); }
Json& new_item(Json& list) { return list.emplace_back(); }
std::size_t list_size(const Json& json) {
  if (!json.is_array()) mismatch("a list", json);
  return json.size();
}
const Json& item(const Json& list, std::size_t index) { return list[index]; }

int64_t signed_integer(const Json& json, int64_t least, int64_t largest) {
  if (!json.is_number_integer() || (json.is_number_unsigned() && json.get<uint64_t>() > uint64_t(largest)))
    mismatch("an integer", json);
  const auto value = json.get<int64_t>();
  if (value < least || value > largest) mismatch("an integer", json);
  return value;
}
uint64_t unsigned_integer(const Json& json, uint64_t largest) {
  const bool negative = !json.is_number_unsigned() && json.is_number_integer() && json.get<int64_t>() < 0;
  if (!json.is_number_integer() || negative || json.get<uint64_t>() > largest) mismatch("an integer", json);
  return json.get<uint64_t>();
}

void set_object(Json& json) { json = Json::object(); }
void check_object(const Json& json) {
  if (!json.is_object()) mismatch("an object", json);
}
Json& new_field(Json& object, std::string_view key) { return object[std::string(key)]; }
void remove_field(Json& object, std::string_view key) { object.erase(std::string(key)); }
void move_field_to_end(Json& object, std::string_view key) {
  Json value = std::move(object.at(std::string(key)));
  remove_field(object, key);
  object[std::string(key)] = std::move(value);
}
const Json* find_field(const Json& object, std::string_view key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}
void rethrow_with_key(std::string_view key, const ValueError& e) { throw error<ValueError>("`{}`: {}", key, e.what()); }

}  // namespace detail

void write_json(bool value, Json& out) { out = value; }
void write_json(double value, Json& out) { out = value; }
void write_json(int64_t value, Json& out) { out = value; }
void write_json(uint64_t value, Json& out) { out = value; }
void write_json(const std::string& value, Json& out) { out = value; }

void read_json(const Json& json, bool& value) {
  if (!json.is_boolean()) mismatch("true or false", json);
  value = json.get<bool>();
}
void read_json(const Json& json, double& value) {
  if (!json.is_number()) mismatch("a number", json);
  value = json.get<double>();
}
void read_json(const Json& json, std::string& value) {
  if (!json.is_string()) mismatch("a string", json);
  value = json.get<std::string>();
}

}  // namespace keras::saving

void write_json(DType dtype, Json& out) { out = std::string(dtype.name()); }
void read_json(const Json& json, DType& dtype) {
  if (!json.is_string()) mismatch("the name of a dtype", json);
  dtype = dtype_from_name(json.get<std::string>());
}

void write_json(const Shape& shape, Json& out) {
  out = Json::array();
  for (int64_t dim : shape) out.push_back(dim == Shape::kUnknown ? Json() : Json(dim));
}
void read_json(const Json& json, Shape& shape) {
  if (!json.is_array()) mismatch("a list of dims", json);
  shape = Shape();
  for (const Json& dim : json) {
    if (!dim.is_null() && !(dim.is_number_integer() && dim.get<int64_t>() >= 0)) mismatch("a list of dims", json);
    shape.push_back(dim.is_null() ? Shape::kUnknown : dim.get<int64_t>());
  }
}

void write_json(const Tensor& tensor, Json& out) {
  if (!tensor.exists()) return void(out = nullptr);
  if (tensor.is_symbolic()) throw ValueError("A symbolic tensor cannot be an argument that a file holds as a value.");
  if (tensor.is_number()) {
    if (tensor.dtype() == bool_) return void(out = tensor.item<bool>());
    if (tensor.dtype().is_floating()) return void(out = tensor.number());
    return void(out = static_cast<int64_t>(tensor.number()));
  }
  Json value = dispatch(tensor.dtype(), [&]<class T>(T) {
    const T* next = tensor.data<T>();
    return nested(next, tensor.shape(), 0);
  });
  Json config{{"value", std::move(value)}, {"dtype", std::string(tensor.dtype().name())}};
  out = Json{{"class_name", "__tensor__"}, {"config", std::move(config)}};
}
void read_json(const Json& json, Tensor& tensor) {
  if (json.is_null()) return void(tensor = Tensor());
  if (json.is_boolean()) return void(tensor = json.get<bool>());
  if (json.is_number_integer()) return void(tensor = json.get<int64_t>());
  if (json.is_number()) return void(tensor = json.get<double>());
  if (json.is_array()) return void(tensor = tensor_of(json, dtype_of_numbers(json)));
  const std::string class_name = json.is_object() ? json.value("class_name", "") : "";
  if (class_name != "__tensor__" && class_name != "__numpy__") mismatch("a number or a tensor", json);
  const Json config = json.value("config", Json::object());
  DType dtype;
  keras::saving::read_field(config, "dtype", dtype);
  tensor = tensor_of(config.value("value", Json::array()), dtype);
}

}  // namespace cornu

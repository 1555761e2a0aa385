#include "cornu/keras/layers/preprocessing/numbers.h"

#include <nlohmann/json.hpp>

#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/saving/json_fields.h"

namespace cornu::keras {
namespace {

Json nested(const Numbers& numbers, int axis, std::size_t& next) {
  if (axis == numbers.shape->rank()) return numbers.values[next++];
  Json out = Json::array();
  for (int64_t i = 0; i < (*numbers.shape)[axis]; ++i) out.push_back(nested(numbers, axis + 1, next));
  return out;
}

void read_nested(const Json& json, int axis, Numbers& numbers) {
  if (axis == numbers.shape->rank()) {
    if (!json.is_number()) saving::mismatch("a number", json);
    numbers.values.push_back(json.get<double>());
    return;
  }
  if (!json.is_array() || int64_t(json.size()) != (*numbers.shape)[axis])
    saving::mismatch(fmt::format("a list of {}", (*numbers.shape)[axis]), json);
  for (const Json& item : json) read_nested(item, axis + 1, numbers);
}

}  // namespace

Tensor Numbers::tensor(DType dtype) const { return ops::cast(ops::reshape(Tensor(values), *shape), dtype); }

void write_json(const Numbers& numbers, Json& out) {
  std::size_t next = 0;
  out = numbers ? nested(numbers, 0, next) : Json();
}
void read_json(const Json& json, Numbers& numbers) {
  constexpr int kLargestRank = 32;  // a file's nesting may not exhaust the stack
  numbers = {};
  if (json.is_null()) return;
  if (const std::string name = json.is_object() ? json.value("class_name", "") : ""; name == "__numpy__" || name == "__tensor__")
    return read_json(json.value("config", Json::object()).value("value", Json()), numbers);
  numbers.shape.emplace();
  for (const Json* at = &json; at->is_array(); at = &at->front()) {
    if (numbers.shape->rank() == kLargestRank) throw error<ValueError>("expected at most {} nested lists.", kLargestRank);
    numbers.shape->push_back(int64_t(at->size()));
    if (at->empty()) break;
  }
  read_nested(json, 0, numbers);
}

}  // namespace cornu::keras

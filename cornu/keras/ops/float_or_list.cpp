#include "cornu/keras/ops/float_or_list.h"

#include <nlohmann/json.hpp>

#include "cornu/keras/saving/json_fields.h"

namespace cornu::keras {

void write_json(const FloatOrList& value, Json& out) {
  if (value.is_none()) out = nullptr;
  else if (value.is_list()) saving::write_json(value.values(), out);
  else out = value.values()[0];
}
void read_json(const Json& json, FloatOrList& value) {
  if (json.is_null()) return void(value = FloatOrList());
  if (json.is_number()) return void(value = json.get<double>());
  std::vector<double> values;
  saving::read_json(json, values);
  value = std::move(values);
}

}  // namespace cornu::keras

#include "cornu/keras/ops/int_or_list.h"

#include <nlohmann/json.hpp>

#include "cornu/keras/saving/json_fields.h"

namespace cornu::keras {

std::vector<int64_t> IntOrList::repeated(int count, const char* what) const {
  if (kind_ == Kind::one) return std::vector<int64_t>(count, values_[0]);
  if (kind_ == Kind::none || static_cast<int>(values_.size()) != count)
    throw error<ValueError>("`{}` must be one integer or {} of them. Received: {}={}", what, count, what, to_string(*this));
  return values_;
}

std::string to_string(const IntOrList& value) { return json_of(value).dump(); }

void write_json(const IntOrList& value, Json& out) {
  if (value.is_none()) out = nullptr;
  else if (value.is_list()) saving::write_json(value.values(), out);
  else out = value.values()[0];
}
void read_json(const Json& json, IntOrList& value) {
  if (json.is_null()) return void(value = IntOrList());
  // Axes, sizes, strides: 32 bits hold each, so that products and sums of them stay numbers.
  if (json.is_number_integer()) {
    int one = 0;
    saving::read_json(json, one);
    return void(value = one);
  }
  std::vector<int> values;
  saving::read_json(json, values);
  value = values;
}

}  // namespace cornu::keras

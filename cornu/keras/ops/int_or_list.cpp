#include "cornu/keras/ops/int_or_list.h"

#include "cornu/keras/saving/json_fields.h"

namespace cornu::keras {

std::vector<int64_t> IntOrList::repeated(int count, const char* what) const {
  if (kind_ == Kind::one) return std::vector<int64_t>(count, values_[0]);
  if (kind_ == Kind::none || static_cast<int>(values_.size()) != count)
    throw error<ValueError>("`{}` must be one integer or {} of them. Received: {}={}", what, count, what, json_of(*this).dump());
  return values_;
}

Json json_of(const IntOrList& value) {
  if (value.is_none()) return Json();
  return value.is_list() ? saving::json_of(value.values()) : Json(value.values()[0]);
}
void json_to(const Json& json, IntOrList& value) {
  if (json.is_null()) return void(value = IntOrList());
  if (json.is_number_integer()) return void(value = json.get<int64_t>());
  std::vector<int64_t> values;
  saving::json_to(json, values);
  value = std::move(values);
}

}  // namespace cornu::keras

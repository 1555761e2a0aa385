#pragma once

#include <initializer_list>
#include <vector>

#include "cornu/base/api.h"
#include "cornu/base/json.h"

namespace cornu::keras {

// None, one number or several: what Keras takes as `thresholds` or `alpha`. Files keep which of them it was.
class CORNU_API FloatOrList {
 public:
  FloatOrList() = default;  // None
  FloatOrList(double value) : kind_(Kind::one), values_{value} {}
  FloatOrList(std::initializer_list<double> values) : kind_(Kind::list), values_(values) {}
  FloatOrList(std::vector<double> values) : kind_(Kind::list), values_(std::move(values)) {}

  bool is_none() const { return kind_ == Kind::none; }
  bool is_list() const { return kind_ == Kind::list; }
  const std::vector<double>& values() const { return values_; }

 private:
  enum class Kind : uint8_t { none, one, list } kind_ = Kind::none;
  std::vector<double> values_;
};

CORNU_API void write_json(const FloatOrList& value, Json& out);
CORNU_API void read_json(const Json& json, FloatOrList& value);

}  // namespace cornu::keras

#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "cornu/base/api.h"
#include "cornu/base/json.h"

namespace cornu::keras {

// None, one integer or several: what Keras takes as `axis`, `strides` or `pool_size`. Files keep which of them it was.
class CORNU_API IntOrList {
 public:
  IntOrList() = default;  // None
  template <std::integral T>
  IntOrList(T value) : kind_(Kind::one), values_{static_cast<int64_t>(value)} {}
  IntOrList(std::initializer_list<int64_t> values) : kind_(Kind::list), values_(values) {}
  IntOrList(std::vector<int64_t> values) : kind_(Kind::list), values_(std::move(values)) {}
  IntOrList(const std::vector<int>& values) : kind_(Kind::list), values_(values.begin(), values.end()) {}

  bool is_none() const { return kind_ == Kind::none; }
  bool is_list() const { return kind_ == Kind::list; }
  const std::vector<int64_t>& values() const { return values_; }
  std::vector<int> as_ints() const { return {values_.begin(), values_.end()}; }
  // `count` values: one is repeated. ValueError that names `what` when there are others than 1 or `count`.
  std::vector<int64_t> repeated(int count, const char* what) const;

  friend bool operator==(const IntOrList&, const IntOrList&) = default;

 private:
  enum class Kind : uint8_t { none, one, list } kind_ = Kind::none;
  std::vector<int64_t> values_;
};

std::string to_string(const IntOrList& value);  // 2, [2,3], null
CORNU_API void write_json(const IntOrList& value, Json& out);
CORNU_API void read_json(const Json& json, IntOrList& value);

}  // namespace cornu::keras

#pragma once

#include <optional>
#include <string>
#include <variant>

#include "cornu/base/json.h"
#include "cornu/keras/ops/int_or_list.h"
#include "cornu/tensor.h"

// keras.ops.linalg: linear algebra, computed "in float" (see numpy.h).

namespace cornu::keras::ops {

// Which norm: None, a number (infinity too), or "fro".
class CORNU_API NormOrder {
 public:
  NormOrder() = default;  // None
  template <class T>
  requires std::is_arithmetic_v<T> NormOrder(T order) : value_(static_cast<double>(order)) {}
  NormOrder(const char* name) : NormOrder(std::string(name)) {}
  NormOrder(const std::string& name);  // "fro", "inf", "-inf"; ValueError: another
  bool is_none() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_frobenius() const { return std::holds_alternative<std::string>(value_); }
  double number() const { return std::get<double>(value_); }
  friend void write_json(const NormOrder& value, Json& out);
  friend void read_json(const Json& json, NormOrder& value);

 private:
  std::variant<std::monostate, double, std::string> value_;
};
std::string to_string(const NormOrder& value);
CORNU_API void write_json(const NormOrder& value, Json& out);
CORNU_API void read_json(const Json& json, NormOrder& value);

// Of vectors along one axis: (sum |x|^ord)^(1/ord), 2 by default; 0 counts what is not 0, inf and -inf give the largest and the
// smallest |x|. Of matrices of two axes: "fro" (the default) the root of the sum of squares, 1 and inf the largest sum of a
// column's and of a row's |x|, -1 and -inf the smallest. Without an axis: of all elements, or by `ord` of a vector or a matrix.
// ValueError: an order that is none of these (those of singular values, 2, -2 and "nuc" of matrices, are not there).
CORNU_API Tensor norm(const Tensor& x, const NormOrder& ord = {}, const IntOrList& axis = {}, bool keepdims = false);

}  // namespace cornu::keras::ops

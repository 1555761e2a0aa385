#pragma once

#include <optional>
#include <vector>

#include "cornu/base/json.h"
#include "cornu/tensor.h"

namespace cornu::keras {

// Nothing, a number or nested lists of numbers: what Keras takes as `scale` or `mean`. Files hold them as they are.
struct CORNU_API Numbers {
  Numbers() = default;
  Numbers(double value) : shape(Shape()), values{value} {}
  Numbers(std::initializer_list<double> list) : Numbers(std::vector<double>(list)) {}
  Numbers(std::vector<double> list) : shape(Shape{int64_t(list.size())}), values(std::move(list)) {}
  explicit operator bool() const { return shape.has_value(); }
  Tensor tensor(DType dtype) const;

  std::optional<Shape> shape;  // none: nothing
  std::vector<double> values;  // in row-major order
};
CORNU_API void write_json(const Numbers& numbers, Json& out);
CORNU_API void read_json(const Json& json, Numbers& numbers);  // ValueError: lists of different lengths, what is no number

}  // namespace cornu::keras

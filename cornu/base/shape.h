#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <vector>

#include "cornu/base/api.h"

namespace cornu {

// The extents of a tensor, outermost first. A dim may be unknown while a model is only described (Keras's None).
class CORNU_API Shape {
 public:
  static constexpr int64_t kUnknown = -1;
  static constexpr int64_t kMostElements = int64_t{1} << 56;  // the bytes of so many can still be counted

  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) : dims_(dims) {}
  explicit Shape(std::vector<int64_t> dims) : dims_(std::move(dims)) {}

  int rank() const { return static_cast<int>(dims_.size()); }
  // Counts from the end when negative, as Keras's axes do. No bounds check beyond a CORNU_CHECK.
  int64_t operator[](int axis) const;
  int64_t& operator[](int axis);
  void push_back(int64_t dim) { dims_.push_back(dim); }

  bool is_known() const;     // no unknown dim
  // kUnknown if a dim is; 1 for a scalar. ValueError: a negative dim; more than kMostElements, with zeros counted as ones and
  // without what is unknown: so the products of any of its dims exist. Every value of a graph has passed this.
  int64_t elements() const;
  const std::vector<int64_t>& dims() const { return dims_; }
  auto begin() const { return dims_.begin(); }
  auto end() const { return dims_.end(); }

  friend bool operator==(const Shape&, const Shape&) = default;
  friend CORNU_API std::ostream& operator<<(std::ostream& out, const Shape& shape);

 private:
  std::vector<int64_t> dims_;
};

// "(None, 784)", "(3,)", "()": as Keras prints shapes.
CORNU_API std::string to_string(const Shape& shape);

// Equal where both are known.
CORNU_API bool compatible(const Shape& a, const Shape& b);
// The product of two dims, unknown if one is; ValueError if it is too large.
CORNU_API int64_t multiply_dims(int64_t a, int64_t b);
// The dim that two operands agree on; throws nothing, returns false when they contradict.
CORNU_API bool merge_dims(int64_t a, int64_t b, int64_t& merged);
// numpy's broadcast of two shapes; false when they do not fit. Unknown against 1 or unknown stays unknown.
CORNU_API bool broadcast_shapes(const Shape& a, const Shape& b, Shape& result);
// -1 counts from the end; throws ValueError naming `what` when out of range.
CORNU_API int normalize_axis(int axis, int rank, const char* what);
// Sorted, unique, non-negative; all axes when `axes` is empty and `empty_is_all`.
CORNU_API std::vector<int> normalize_axes(const std::vector<int>& axes, int rank, const char* what, bool empty_is_all);

}  // namespace cornu

#include "cornu/base/shape.h"

#include <algorithm>
#include <numeric>
#include <ostream>

#include "cornu/base/errors.h"

namespace cornu {

int64_t Shape::operator[](int axis) const {
  const int at = axis < 0 ? axis + rank() : axis;
  CORNU_CHECK(at >= 0 && at < rank(), "axis {} of {}.", axis, to_string(*this));
  return dims_[at];
}

int64_t& Shape::operator[](int axis) {
  const int at = axis < 0 ? axis + rank() : axis;
  CORNU_CHECK(at >= 0 && at < rank(), "axis {} of {}.", axis, to_string(*this));
  return dims_[at];
}

bool Shape::is_known() const {
  return std::none_of(dims_.begin(), dims_.end(), [](int64_t dim) { return dim == kUnknown; });
}

int64_t Shape::elements() const {
  int64_t out = 1;
  bool is_empty = false;
  for (const int64_t dim : dims_) {
    if (dim == kUnknown) continue;
    if (dim < 0) throw error<ValueError>("The dims of a shape cannot be negative. Received: {}", to_string(*this));
    if (dim == 0) is_empty = true;
    else if (__builtin_mul_overflow(out, dim, &out) || out > kMostElements)
      throw error<ValueError>("A tensor of shape {} would have too many elements.", to_string(*this));
  }
  return !is_known() ? kUnknown : is_empty ? 0 : out;
}

std::string to_string(const Shape& shape) {
  std::string out = "(";
  for (int i = 0; i < shape.rank(); ++i) {
    if (i) out += ", ";
    out += shape[i] == Shape::kUnknown ? "None" : std::to_string(shape[i]);
  }
  return out + (shape.rank() == 1 ? ",)" : ")");
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << to_string(shape); }

bool compatible(const Shape& a, const Shape& b) {
  if (a.rank() != b.rank()) return false;
  for (int i = 0; i < a.rank(); ++i)
    if (int64_t merged; !merge_dims(a[i], b[i], merged)) return false;
  return true;
}

int64_t multiply_dims(int64_t a, int64_t b) {
  return a == Shape::kUnknown || b == Shape::kUnknown ? Shape::kUnknown : Shape{a, b}.elements();
}

bool merge_dims(int64_t a, int64_t b, int64_t& merged) {
  merged = a == Shape::kUnknown ? b : a;
  return a == b || a == Shape::kUnknown || b == Shape::kUnknown;
}

bool broadcast_shapes(const Shape& a, const Shape& b, Shape& result) {
  const int rank = std::max(a.rank(), b.rank());
  std::vector<int64_t> dims(rank);
  for (int i = 1; i <= rank; ++i) {
    const int64_t x = i <= a.rank() ? a[-i] : 1, y = i <= b.rank() ? b[-i] : 1;
    if (x == 1) dims[rank - i] = y;
    else if (y == 1) dims[rank - i] = x;
    else if (!merge_dims(x, y, dims[rank - i])) return false;
  }
  result = Shape(std::move(dims));
  return true;
}

int normalize_axis(int axis, int rank, const char* what) {
  if (axis < -rank || axis >= rank)
    throw error<ValueError>("`axis` of `{}` must be in [{}, {}) for an input of rank {}. Received: axis={}", what, -rank, rank,
                            rank, axis);
  return axis < 0 ? axis + rank : axis;
}

std::vector<int> normalize_axes(const std::vector<int>& axes, int rank, const char* what, bool empty_is_all) {
  std::vector<int> out;
  if (axes.empty() && empty_is_all) {
    out.resize(rank);
    std::iota(out.begin(), out.end(), 0);
    return out;
  }
  for (int axis : axes) out.push_back(normalize_axis(axis, rank, what));
  std::sort(out.begin(), out.end());
  if (std::adjacent_find(out.begin(), out.end()) != out.end())
    throw error<ValueError>("`axis` of `{}` names an axis twice. Received: axis=({})", what, fmt::join(axes, ", "));
  return out;
}

}  // namespace cornu

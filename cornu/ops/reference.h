#pragma once

#include <memory>
#include <type_traits>

#include "cornu/ir/op.h"

namespace cornu::ops {

// Plain references compute in the widest type of an operand's kind and convert back at the end.
template <class T>
using wide_of = std::conditional_t<
    std::is_same_v<T, bool>, bool,
    std::conditional_t<!std::is_integral_v<T>, double, std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>>>;

template <class Wide>
inline constexpr DTypeKind kind_of_wide = std::is_same_v<Wide, double>    ? DTypeKind::floating
                                          : std::is_same_v<Wide, int64_t> ? DTypeKind::signed_integer
                                          : std::is_same_v<Wide, bool>    ? DTypeKind::boolean
                                                                          : DTypeKind::unsigned_integer;

// Calls f with a value of the wide type of the dtype's kind.
template <class F>
decltype(auto) dispatch_wide(DType dtype, F&& f) {
  switch (dtype.kind()) {
    case DTypeKind::floating: return f(double{});
    case DTypeKind::signed_integer: return f(int64_t{});
    case DTypeKind::unsigned_integer: return f(uint64_t{});
    case DTypeKind::boolean: return f(bool{});
  }
  __builtin_unreachable();
}

// All elements of an operand of that kind; and back: integers wrap, floats round.
template <class Wide>
std::unique_ptr<Wide[]> widened(const ir::HostOperand& from);
template <class Wide>
void store(const Wide* from, const ir::HostOperand& to);

// Calls f with an index (one int64_t an axis) for every point, innermost last.
template <class F>
void for_each_index(const Shape& shape, F&& f) {
  std::vector<int64_t> index(shape.rank(), 0);
  for (int64_t left = shape.elements(); left > 0; --left) {
    f(static_cast<const std::vector<int64_t>&>(index));
    for (int axis = shape.rank() - 1; axis >= 0 && ++index[axis] == shape[axis]; --axis) index[axis] = 0;
  }
}

// The element offset of an index under a strided view.
inline int64_t offset_of(const ir::StridedView& view, const std::vector<int64_t>& index) {
  int64_t offset = view.offset;
  for (std::size_t axis = 0; axis < index.size(); ++axis) offset += view.strides[axis] * index[axis];
  return offset;
}

}  // namespace cornu::ops

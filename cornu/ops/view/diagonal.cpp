#include <algorithm>
#include <cstdlib>

#include "cornu/ops/pad/pad.h"
#include "cornu/ops/view/view.h"

namespace cornu::ops {
namespace {

// The place of the first element of a diagonal in a matrix of so many columns.
int64_t first_of(int64_t offset, int64_t columns) { return offset >= 0 ? offset : -offset * columns; }

}  // namespace

// Neighbours on a diagonal are a row and a column apart: a slice of the flattened matrix.
Value diagonal(const Value& x, int64_t offset, int axis1, int axis2) {
  const int rank = x.shape().rank(), a = normalize_axis(axis1, rank, "diagonal"), b = normalize_axis(axis2, rank, "diagonal");
  if (a == b) throw error<ValueError>("`axis1` and `axis2` cannot be the same. Received: axis1={}, axis2={}", axis1, axis2);
  std::vector<int> order;
  Shape flat;
  for (int axis = 0; axis < rank; ++axis)
    if (axis != a && axis != b) {
      order.push_back(axis);
      flat.push_back(x.shape()[axis]);
    }
  order.insert(order.end(), {a, b});
  const int64_t rows = x.shape()[a], columns = x.shape()[b], elements = multiply_dims(rows, columns);
  flat.push_back(elements);
  const Value y = reshape(transpose(x, order), flat);
  if (elements == Shape::kUnknown) return y;  // where a dim is unknown only the spec matters
  const int64_t start = first_of(offset, columns);
  const int64_t length = std::max<int64_t>(offset >= 0 ? std::min(rows, columns - offset) : std::min(rows + offset, columns), 0);
  return slice_axis(y, -1, start, length == 0 ? start : start + (length - 1) * (columns + 1) + 1, columns + 1);
}

Value diagonal_matrix(const Value& x, int64_t offset) {
  const int64_t length = x.shape()[0];
  if (length == Shape::kUnknown) return reshape(x, {Shape::kUnknown, Shape::kUnknown});
  const int64_t n = length + std::abs(offset), start = first_of(offset, n);
  const int64_t covered = length == 0 ? 0 : (length - 1) * (n + 1) + 1;
  return reshape(pad(x, {start}, {n * n - start - covered}, {n}), {n, n});
}

}  // namespace cornu::ops

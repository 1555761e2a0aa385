#include "cornu/ops/tile/tile.h"

#include "cornu/ops/concat/concat.h"
#include "cornu/ops/view/view.h"

namespace cornu::ops {

Value tile(const Value& x, std::vector<int64_t> repeats) {
  std::vector<int64_t> dims = x.shape().dims();
  const std::size_t rank = std::max(dims.size(), repeats.size());
  dims.insert(dims.begin(), rank - dims.size(), 1);
  repeats.insert(repeats.begin(), rank - repeats.size(), 1);
  Shape apart, repeated, whole;
  for (std::size_t i = 0; i < rank; ++i) {
    if (repeats[i] < 0)
      throw error<ValueError>("`repeats` of `tile` must not be negative. Received: repeats=({})", fmt::join(repeats, ", "));
    if (repeats[i] != 1) {
      apart.push_back(1);
      repeated.push_back(repeats[i]);
    }
    apart.push_back(dims[i]);
    repeated.push_back(dims[i]);
    whole.push_back(multiply_dims(dims[i], repeats[i]));
  }
  return reshape(broadcast_to(reshape(x, apart), repeated), whole);
}

Value repeat(const Value& x, int64_t repeats, int axis) {
  const int at = normalize_axis(axis, x.shape().rank(), "repeat");
  if (repeats < 0) throw error<ValueError>("`repeats` of `repeat` must not be negative. Received: repeats={}", repeats);
  Value apart = expand_dims(x, at + 1);
  Shape repeated = apart.shape(), whole = x.shape();
  repeated[at + 1] = repeats;
  whole[at] = multiply_dims(whole[at], repeats);
  return reshape(broadcast_to(apart, repeated), whole);
}

Value repeat(const Value& x, const std::vector<int64_t>& repeats, int axis) {
  if (repeats.size() == 1) return repeat(x, repeats[0], axis);
  const int64_t dim = x.shape()[normalize_axis(axis, x.shape().rank(), "repeat")], count = int64_t(repeats.size());
  if (dim != Shape::kUnknown && count != dim)
    throw error<ValueError>("`repeats` of `repeat` wants one number for each of the {} slices along axis={}. Received {}", dim,
                            axis, count);
  std::vector<Value> parts;
  for (int64_t i = 0; i < count; ++i) parts.push_back(repeat(slice_axis(x, axis, i, i + 1), repeats[i], axis));
  return count == 0 ? x : concat(std::move(parts), axis);
}

Value roll(const Value& x, int64_t shift, int axis) {
  const int64_t dim = x.shape()[normalize_axis(axis, x.shape().rank(), "roll")];
  const int64_t by = dim <= 0 ? 0 : (shift % dim + dim) % dim;  // where the dim is unknown only the spec matters
  if (by == 0) return x;
  return concat({slice_axis(x, axis, dim - by, kSliceEnd), slice_axis(x, axis, 0, dim - by)}, axis);
}

}  // namespace cornu::ops

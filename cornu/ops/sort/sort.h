#pragma once

#include <optional>

#include "cornu/ops/pointwise.h"

namespace cornu::ir {
struct Lowering;
}

namespace cornu::ops {

// x -> its elements in order along `axis`, and where they stood (int32). NaN is the largest of all, whatever its sign. Equal
// elements keep their order, 0 and -0 among them, save that -0 is the smaller one when `descending` (as in jax.lax.top_k). With
// `k` only the first k, which the axis must have. The gradient goes back to where the elements stood.
struct SortAttributes {
  int axis = 0;
  bool descending = false;
  std::optional<int64_t> k{};
};
extern const OpDef sort_op;
Value sort(const Value& x, int axis);
Value argsort(const Value& x, int axis);
struct TopK {
  Value values, indices;
};
// The k largest elements along an axis, the largest first. ValueError where there are fewer.
TopK top_k(const Value& x, int64_t k, int axis = -1);
// Of floats: the middle element, or the mean of the two; NaN where there is one. The axis, which must be known and not empty, stays
// with extent 1.
Value median(const Value& x, int axis);

std::span<const ir::Lowering> sort_cpu_lowerings();
std::span<const ir::Lowering> sort_cuda_lowerings();

}  // namespace cornu::ops

#pragma once

#include <limits>

#include "cornu/ops/pointwise.h"

// Ops that rearrange their operand without computing. Each builder returns its operand where there is nothing to do.

namespace cornu::ops {

// The elements in row-major order, in another shape. One dim of the target may be -1: it takes what is left.
struct ReshapeAttributes {
  Shape shape;
};
extern const OpDef reshape_op;
Value reshape(const Value& x, const Shape& shape);
// To the shape of another value, several of whose dims may be unknown.
Value reshape_like(const Value& x, const Value& other);
// A new axis of extent 1 before `axis`, which counts in the result; and away with axes of extent 1 (all when none is
// named).
Value expand_dims(const Value& x, int axis);
Value squeeze(const Value& x, const std::vector<int>& axes = {});

// Axis i of the result is axis `permutation[i]` of the operand.
struct TransposeAttributes {
  std::vector<int> permutation;
};
extern const OpDef transpose_op;
Value transpose(const Value& x, const std::vector<int>& permutation);
Value transpose(const Value& x);  // all axes reversed
Value swapaxes(const Value& x, int a, int b);
Value moveaxis(const Value& x, int from, int to);

// numpy's broadcast_to.
struct BroadcastAttributes {
  Shape shape;
};
extern const OpDef broadcast_op;
Value broadcast_to(const Value& x, const Shape& shape);
// The vector of the last axis that `v` repeats along all others, if it is such a `broadcast`.
Value repeated_vector(const Value& v);

// Python's x[start:stop:stride] of every axis: negative bounds count from the end, bounds outside are clipped, a
// negative stride walks backwards. kSliceEnd as a bound is Python's omitted one.
inline constexpr int64_t kSliceEnd = std::numeric_limits<int64_t>::max();
struct SliceAttributes {
  std::vector<int64_t> starts, stops, strides;
};
extern const OpDef slice_op;
Value slice(const Value& x, std::vector<int64_t> starts, std::vector<int64_t> stops, std::vector<int64_t> strides = {});
// The same of one axis.
Value slice_axis(const Value& x, int axis, int64_t start, int64_t stop, int64_t stride = 1);
Value flip(const Value& x, const std::vector<int>& axes);

// numpy's diagonal of two axes: it becomes the last axis. `offset` counts to the right of the main one. A composition.
Value diagonal(const Value& x, int64_t offset, int axis1, int axis2);
// The square matrix that has a vector on that diagonal, and zeros.
Value diagonal_matrix(const Value& x, int64_t offset);

// The identity, never merged with an equal node: what is computed from it is computed again (rematerialisation).
extern const OpDef barrier_op;
Value barrier(const Value& x);

}  // namespace cornu::ops

#pragma once

#include "cornu/ops/gather/gather.h"

namespace cornu::ops {

enum class ScatterReduction : uint8_t { set, add, mul, max, min };

// base, indices, updates -> base with the updates written or reduced into it, in the order of the indices: the same bits however
// many threads run it. Axes and indices are gather's; the updates have the shape of what it would read. NaN wins max and min.
// The gradient of `mul` divides by the updates: it is undefined where one is zero.
struct ScatterAttributes {
  int axis = 0, depth = 1;
  OutOfRange out_of_range = OutOfRange::fill;  // fill and zero drop
  ScatterReduction reduction = ScatterReduction::add;
};
extern const OpDef scatter_op;

// The adjoint of `gather`: updates have the indices' dims in place of the axis.
Value scatter_add(const Value& base, const Value& indices, const Value& updates, int axis,
                  OutOfRange out_of_range = OutOfRange::fill);
// The indices' last dim, which must be known, runs over the leading axes of `base`.
Value scatter_nd(const Value& base, const Value& indices, const Value& updates, ScatterReduction reduction);
// keras.ops.scatter: sums of values in an array of zeros.
Value scatter(const Value& indices, const Value& values, const Shape& shape);
// Rows of `data` reduced by their segment; ids outside of [0, segments), negative ones too, are dropped. A segment without rows
// is the reduction's identity (max: -inf or the smallest integer).
Value segment_reduce(const Value& data, const Value& segment_ids, int64_t segments, ScatterReduction reduction);

std::span<const ir::Lowering> scatter_cpu_lowerings();
std::span<const ir::Lowering> scatter_cuda_lowerings();

}  // namespace cornu::ops

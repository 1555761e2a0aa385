#pragma once

#include "cornu/ops/pointwise.h"

namespace cornu::ir {
struct Lowering;
}

namespace cornu::ops {

// What becomes of an index outside of [-n, n); those in [-n, 0) count from the end. JAX's modes.
enum class OutOfRange : uint8_t {
  fill,  // reads NaN, the smallest signed or the largest unsigned integer, or true; a write is dropped
  zero,  // reads zero; a write is dropped
  clip,  // takes the nearest of [0, n); negative ones do not count from the end but become 0
};

// `depth` neighbouring axes of x, from `axis` on, are indexed together: the last dim of the indices (int32 or int64) is `depth`.
//   x        outer + indexed dims + inner
//   indices  any dims + (depth,)
//   result   outer + any dims + inner
struct GatherAttributes {
  int axis = 0, depth = 1;
  OutOfRange out_of_range = OutOfRange::fill;
};
extern const OpDef gather_op;
// numpy's take along an axis: result has the indices' dims in place of the axis. Indices of other integer types are cast.
Value gather(const Value& x, const Value& indices, int axis, OutOfRange out_of_range = OutOfRange::fill);
// The indices' last dim, which must be known, runs over the leading axes of x behind `axis`.
Value gather_nd(const Value& x, const Value& indices, int axis = 0, OutOfRange out_of_range = OutOfRange::fill);

// numpy's take_along_axis: x and indices have one rank and, `axis` aside, dims that broadcast. Out of range reads as `fill`
// says. Its gradient adds at the same places: result[.. indices[.. j ..] ..] = base + updates[.. j ..], in the order of j;
// what is out of range is dropped.
struct AlongAxisAttributes {
  int axis = 0;
};
extern const OpDef take_along_axis_op;
extern const OpDef add_along_axis_op;
Value take_along_axis(const Value& x, const Value& indices, int axis);
Value add_along_axis(const Value& base, const Value& indices, const Value& updates, int axis);

// int32 or int64: what the records above want. TypeError names `op` for anything that is no integer.
Value as_indices(const Value& indices, std::string_view op);

std::span<const ir::Lowering> gather_cpu_lowerings();
std::span<const ir::Lowering> gather_cuda_lowerings();
std::span<const ir::Lowering> take_along_axis_cpu_lowerings();
std::span<const ir::Lowering> take_along_axis_cuda_lowerings();
std::span<const ir::Lowering> add_along_axis_cpu_lowerings();
std::span<const ir::Lowering> add_along_axis_cuda_lowerings();

}  // namespace cornu::ops

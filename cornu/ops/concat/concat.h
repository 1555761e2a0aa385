#pragma once

#include "cornu/ops/pointwise.h"

namespace cornu::ir {
struct Lowering;
}

namespace cornu::ops {

// The operands one behind the other along `axis`; their other dims and their dtypes are equal.
struct ConcatAttributes {
  int axis = 0;
};
extern const OpDef concat_op;
// ValueError where shapes do not fit or there is nothing to join.
Value concat(std::vector<Value> values, int axis);
// Operands of one shape along a new axis, which counts in the result.
Value stack(std::vector<Value> values, int axis);

// numpy's split: `sections` equal parts (ValueError where the dim is not divisible), or parts that end at each of `indices` and
// at the end.
std::vector<Value> split(const Value& x, int64_t sections, int axis);
std::vector<Value> split(const Value& x, const std::vector<int64_t>& indices, int axis);

std::span<const ir::Lowering> concat_cpu_lowerings();
std::span<const ir::Lowering> concat_cuda_lowerings();

}  // namespace cornu::ops

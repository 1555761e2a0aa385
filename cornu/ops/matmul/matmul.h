#pragma once

#include "cornu/ir/lowering.h"

namespace cornu::ops {

// a [..., M, K] times b [..., K, N] gives [..., M, N]; `transpose_a` means that a is stored [..., K, M], `transpose_b` that b is
// stored [..., N, K]. The leading axes are equal, or b has none and a is not transposed. Both operands have one dtype, which is
// the result's, but int8 gives int32. Floats of 16 bits are summed in float32.
struct MatmulAttributes {
  bool transpose_a = false, transpose_b = false;
};
extern const ir::OpDef matmul_op;
std::span<const ir::Lowering> matmul_cpu_lowerings();
std::span<const ir::Lowering> matmul_cuda_lowerings();
std::span<const ir::Lowering> matmul_plain_cuda_lowerings();

// numpy's matmul: a vector is a row on the left and a column on the right, leading axes broadcast. The transposes are of the
// last two axes and leave a vector alone. ValueError names both shapes where they do not fit.
ir::Value matmul(const ir::Value& a, const ir::Value& b, bool transpose_a = false, bool transpose_b = false);

}  // namespace cornu::ops

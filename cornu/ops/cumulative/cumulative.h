#pragma once

#include "cornu/ops/pointwise.h"

namespace cornu::ir {
struct Lowering;
}

namespace cornu::ops {

// Each element along `axis` follows from those before it; with `reverse` from those behind it. The dtype stays (no bools):
// integers wrap, float16 and bfloat16 are accumulated in float32.
struct CumulativeAttributes {
  int axis = 0;
  bool reverse = false;
};
extern const OpDef cumsum_op;
extern const OpDef cumprod_op;
Value cumsum(const Value& x, int axis, bool reverse = false);
Value cumprod(const Value& x, int axis, bool reverse = false);

// y[0] = b[0], y[i] = a[i] y[i - 1] + b[i]: what the gradient of cumprod is made of, zeros among the factors or not.
extern const OpDef linear_recurrence_op;
Value linear_recurrence(const Value& a, const Value& b, int axis, bool reverse = false);

std::span<const ir::Lowering> cumsum_cpu_lowerings();
std::span<const ir::Lowering> cumsum_cuda_lowerings();
std::span<const ir::Lowering> cumprod_cpu_lowerings();
std::span<const ir::Lowering> cumprod_cuda_lowerings();
std::span<const ir::Lowering> linear_recurrence_cpu_lowerings();
std::span<const ir::Lowering> linear_recurrence_cuda_lowerings();

}  // namespace cornu::ops

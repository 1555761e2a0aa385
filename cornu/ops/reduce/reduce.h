#pragma once

#include "cornu/ops/pointwise.h"

namespace cornu::ops {

// Which axes go; with `keepdims` they stay with extent 1. The record wants sorted, non-negative axes; no axis means
// nothing to do.
struct ReduceAttributes {
  std::vector<int> axes;
  bool keepdims = false;
};

// `axes` may count from the end; none named returns the operand (see all_axes). The dtype stays: float16 and bfloat16
// are accumulated in float32, integers wrap. NaN wins `max` and `min`; these want at least one element.
#define CORNU_REDUCE_OPS(row) row(sum) row(prod) row(max) row(min) row(any) row(all)
#define CORNU_REDUCE(name)      \
  extern const OpDef name##_op; \
  Value name(const Value& x, const std::vector<int>& axes, bool keepdims = false);
CORNU_REDUCE_OPS(CORNU_REDUCE)
#undef CORNU_REDUCE

// int32: the first position of the largest (smallest) element among the reduced axes, in row-major order; the first NaN
// wins.
extern const OpDef argmax_op;
extern const OpDef argmin_op;
Value argmax(const Value& x, const std::vector<int>& axes, bool keepdims = false);
Value argmin(const Value& x, const std::vector<int>& axes, bool keepdims = false);

std::vector<int> all_axes(const Value& x);
// The product of the reduced extents; 1 stands for one that is unknown.
int64_t reduced_elements(const Shape& shape, const std::vector<int>& axes);
// A result of a reduction without `keepdims`, with its axes back as extents of 1.
Value restore_axes(const Value& reduced, const Shape& operand, const std::vector<int>& axes);

// Compositions, of floats; 16-bit floats are computed in float32 and rounded once.
Value mean(const Value& x, const std::vector<int>& axes, bool keepdims = false);
// The population's.
Value variance(const Value& x, const std::vector<int>& axes, bool keepdims = false);
Value standard_deviation(const Value& x, const std::vector<int>& axes, bool keepdims = false);
Value logsumexp(const Value& x, const std::vector<int>& axes, bool keepdims = false);

}  // namespace cornu::ops

#pragma once

#include "cornu/ops/pointwise.h"

namespace cornu::ops {

// Along one axis, of floats; 16-bit floats are computed in float32 and rounded once. No lowering: the decomposition is
// one kernel program of three phases.
struct SoftmaxAttributes {
  int axis = -1;  // the record wants it non-negative
};
extern const OpDef softmax_op;
extern const OpDef log_softmax_op;
Value softmax(const Value& x, int axis = -1);
Value log_softmax(const Value& x, int axis = -1);

}  // namespace cornu::ops

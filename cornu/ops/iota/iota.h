#pragma once

#include "cornu/ops/pointwise.h"

namespace cornu::ops {

// The position along `axis`, at every point of the shape.
struct IotaAttributes {
  DType dtype;
  Shape shape;
  int axis = 0;
};
extern const OpDef iota_op;
Value iota(DType dtype, const Shape& shape, int axis);

}  // namespace cornu::ops

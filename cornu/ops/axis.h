#pragma once

#include "cornu/base/shape.h"

namespace cornu::ops {

// A known shape seen from some of its axes: `outer` elements before them, `extent` in them, `inner` behind them.
struct AxisSplit {
  int64_t outer = 1, extent = 1, inner = 1;
};

inline AxisSplit split_at(const Shape& shape, int axis, int count = 1) {
  AxisSplit out;
  for (int i = 0; i < shape.rank(); ++i) (i < axis ? out.outer : i < axis + count ? out.extent : out.inner) *= shape[i];
  return out;
}

}  // namespace cornu::ops

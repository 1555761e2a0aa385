#pragma once

#include <algorithm>
#include <cstdint>

#include "cornu/ops/pool/pool.h"
#include "cornu/ops/window.h"

namespace cornu::ops {

// A pooling over exactly three spatial axes; missing leading ones have extent 1.
struct PoolGeometry {
  static constexpr int kAxes = 3;
  int64_t batch = 1, channels = 1;
  int64_t in[kAxes] = {1, 1, 1}, out[kAxes] = {1, 1, 1};
  Window window[kAxes] = {{1, 1, 1, 0, 0}, {1, 1, 1, 0, 0}, {1, 1, 1, 0, 0}};

  struct Range {
    int64_t first, end;
  };
  int64_t position(int axis, int64_t o) const { return o * window[axis].stride - window[axis].low; }
  // The taps of window `o` that lie inside the input; tap t is element position(axis, o) + t.
  Range taps(int axis, int64_t o) const {
    const int64_t start = position(axis, o);
    return {std::max<int64_t>(0, -start), std::min(window[axis].size, in[axis] - start)};
  }
  // The windows that cover element `i`.
  Range windows(int axis, int64_t i) const {
    const Window& w = window[axis];
    const int64_t last = i + w.low, first = last - w.size + 1;
    return {first <= 0 ? 0 : (first + w.stride - 1) / w.stride, last < 0 ? 0 : std::min(out[axis], last / w.stride + 1)};
  }
  // No element is in two windows.
  bool is_disjoint() const {
    return std::all_of(window, window + kAxes, [](const Window& w) { return w.stride >= w.size; });
  }
};

inline PoolGeometry geometry_of(const PoolAttributes& p, const Shape& input, const Shape& output) {
  PoolGeometry g{.batch = input[0], .channels = input[-1]};
  const int rank = int(p.window.size());
  for (int i = 0; i < rank; ++i) {
    const int axis = PoolGeometry::kAxes - rank + i;
    g.in[axis] = input[i + 1];
    g.out[axis] = output[i + 1];
    g.window[axis] = {p.window[i], p.strides[i], 1, p.padding_low[i], p.padding_high[i]};
  }
  return g;
}

}  // namespace cornu::ops

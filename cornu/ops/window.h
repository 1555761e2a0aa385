#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "cornu/base/errors.h"
#include "cornu/base/shape.h"

// A window that slides along one axis: what convolutions and poolings share.

namespace cornu::ops {

struct Window {
  int64_t size, stride, dilation, low, high;
  int64_t reach() const { return dilation * (size - 1) + 1; }
};

// How many places it has along an axis; less than 1 where it does not fit, unknown for an unknown extent.
inline int64_t window_count(int64_t extent, const Window& w) {
  if (extent == Shape::kUnknown || w.size == Shape::kUnknown) return Shape::kUnknown;
  const int64_t room = extent + w.low + w.high - w.reach();
  return room < 0 ? 0 : room / w.stride + 1;
}

inline void check_window(std::string_view op, int64_t size, int64_t stride, int64_t dilation) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();  // their products stay numbers
  const auto [least, most] = std::minmax({size, stride, dilation});
  if (least < 1 || most > kMost)
    throw error<ValueError>("`{}` needs a window, strides and dilation of at least 1 and at most {}. Received: {}, {}, {}", op,
                            kMost, size, stride, dilation);
}

// The window with Keras's padding: "valid", "same", or "causal" (everything before).
inline Window padded(std::string_view op, const std::string& padding, int64_t extent, int64_t size, int64_t stride,
                     int64_t dilation) {
  check_window(op, size, stride, dilation);
  Window w{size, stride, dilation, 0, 0};
  if (padding == "valid") return w;
  if (padding == "causal") {
    w.low = w.reach() - 1;
    return w;
  }
  if (padding != "same")
    throw error<ValueError>("`padding` must be \"valid\", \"same\" or (one spatial axis) \"causal\". Received: padding=\"{}\"",
                            padding);
  const int64_t total = std::max<int64_t>(((extent + stride - 1) / stride - 1) * stride + w.reach() - extent, 0);
  w.low = total / 2;
  w.high = total - w.low;
  return w;
}

// One number for each of `rank` axes, from as many or from one for all.
inline int64_t per_axis(std::string_view op, std::string_view what, const std::vector<int64_t>& values, int rank, int axis) {
  if (values.size() != 1 && int(values.size()) != rank)
    throw error<ValueError>("`{}` over {} spatial axes needs 1 or {} numbers as `{}`. Received: {}", op, rank, rank, what,
                            values.size());
  return values.size() == 1 ? values[0] : values[axis];
}

}  // namespace cornu::ops

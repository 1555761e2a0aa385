#pragma once

#include <type_traits>

#include "cornu/ops/axis.h"
#include "cornu/ops/cumulative/cumulative.h"

// What the references and the kernels of this room share: the step from one element to the next.

namespace cornu::ops {

struct SumStep {
  static constexpr int kOperands = 1;
  template <class T>
  static T next(T y, T x, T) {
    return y + x;
  }
};
struct ProductStep {
  static constexpr int kOperands = 1;
  template <class T>
  static T next(T y, T x, T) {
    return y * x;
  }
};
struct RecurrenceStep {
  static constexpr int kOperands = 2;
  template <class T>
  static T next(T y, T b, T a) {
    return a * y + b;
  }
};

// `count` neighbouring lines along the axis, from line `first` on, all of one outer position. `x` is the last operand, `a` the one
// before it; y[k] is what line k has come to.
template <class Step, class Wide, class T>
void accumulate(const AxisSplit& split, bool reverse, int64_t first, int64_t count, const T* x, const T* a, T* out, Wide* y) {
  const int64_t start = first / split.inner * split.extent * split.inner + first % split.inner;
  for (int64_t i = 0; i < split.extent; ++i) {
    const int64_t row = start + (reverse ? split.extent - 1 - i : i) * split.inner;
    for (int64_t k = 0; k < count; ++k) {
      const Wide at = static_cast<Wide>(x[row + k]);
      y[k] = i == 0 ? at : Step::next(y[k], at, static_cast<Wide>(a[row + k]));
      out[row + k] = static_cast<T>(y[k]);
    }
  }
}

// Unsigned integers wrap.
template <class T>
using accumulator_of =
    std::conditional_t<std::is_integral_v<T>, uint64_t, std::conditional_t<std::is_same_v<T, double>, double, float>>;

}  // namespace cornu::ops

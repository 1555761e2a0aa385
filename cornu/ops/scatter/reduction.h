#pragma once

#include <cmath>

#include "cornu/ops/scatter/scatter.h"

namespace cornu::ops {

// One step of a reduction, rounded to the dtype. Sums and products of booleans are `or` and `and`.
template <ScatterReduction kReduction, class T>
T reduced(T sum, T update) {
  if constexpr (kReduction == ScatterReduction::set) return update;
  if constexpr (kReduction == ScatterReduction::add) return static_cast<T>(sum + update);
  if constexpr (kReduction == ScatterReduction::mul) {
    // 16-bit unsigned factors would be multiplied as int, and overflow it.
    if constexpr (std::is_same_v<T, uint16_t>) return static_cast<T>(uint32_t(sum) * update);
    else return static_cast<T>(sum * update);
  }
  if constexpr (kReduction == ScatterReduction::max) return sum != sum || sum > update ? sum : update;
  if constexpr (kReduction == ScatterReduction::min) return sum != sum || sum < update ? sum : update;
}

// Calls f with an integral_constant of the reduction.
template <class F>
decltype(auto) dispatch_reduction(ScatterReduction reduction, F&& f) {
  using enum ScatterReduction;
  switch (reduction) {
    case set: return f(std::integral_constant<ScatterReduction, set>());
    case add: return f(std::integral_constant<ScatterReduction, add>());
    case mul: return f(std::integral_constant<ScatterReduction, mul>());
    case max: return f(std::integral_constant<ScatterReduction, max>());
    case min: return f(std::integral_constant<ScatterReduction, min>());
  }
  __builtin_unreachable();
}

}  // namespace cornu::ops

#pragma once

#include <cmath>
#include <type_traits>

// The order that sort's reference and kernel share.

namespace cornu::ops {

template <class T>
bool is_smaller(T a, T b) {
  if constexpr (!std::is_integral_v<T>) {
    if (a != a || b != b) return a == a;
  }
  return a < b;
}

template <class T>
bool is_larger(T a, T b) {
  if constexpr (!std::is_integral_v<T>) {
    if (a != a || b != b) return b == b;
    if (a == b) return std::signbit(static_cast<double>(b)) && !std::signbit(static_cast<double>(a));
  }
  return b < a;
}

// Calls f with the comparison of one direction.
template <class T, class F>
decltype(auto) with_order(bool descending, F&& f) {
  return descending ? f([](T a, T b) { return is_larger(a, b); }) : f([](T a, T b) { return is_smaller(a, b); });
}

}  // namespace cornu::ops

#pragma once

#include <algorithm>
#include <limits>
#include <type_traits>

#include "cornu/ops/gather/gather.h"

// What gather's and scatter's references and kernels share.

namespace cornu::ops {

inline constexpr int64_t kNowhere = -1;

// The position in [0, n) that an index means, or kNowhere.
inline int64_t resolve_index(int64_t index, int64_t n, OutOfRange mode) {
  if (mode == OutOfRange::clip) return n == 0 ? kNowhere : std::clamp<int64_t>(index, 0, n - 1);
  if (index < 0) index += n;
  return index >= 0 && index < n ? index : kNowhere;
}

// The same of `dims.size()` neighbouring axes, as a position among all their elements.
template <class Index>
int64_t resolve_index(const Index* index, const std::vector<int64_t>& dims, OutOfRange mode) {
  int64_t out = 0;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    const int64_t at = resolve_index(int64_t(index[i]), dims[i], mode);
    if (at == kNowhere) return kNowhere;
    out = out * dims[i] + at;
  }
  return out;
}

// What `fill` reads.
template <class T>
T fill_value() {
  if constexpr (std::is_same_v<T, bool>) return true;
  else if constexpr (!std::is_integral_v<T>) return T(std::numeric_limits<float>::quiet_NaN());
  else return std::is_signed_v<T> ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
}

// Calls f with a value of the index type.
template <class F>
decltype(auto) dispatch_index(DType dtype, F&& f) {
  CORNU_CHECK(dtype == int32 || dtype == int64);
  return dtype == int32 ? f(int32_t{}) : f(int64_t{});
}

inline std::vector<int64_t> indexed_dims(const Shape& shape, int axis, int depth) {
  return {shape.begin() + axis, shape.begin() + axis + depth};
}

}  // namespace cornu::ops

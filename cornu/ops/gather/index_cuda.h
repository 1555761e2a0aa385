#pragma once

#include <cstring>

#include "cornu/codegen/cuda_text.h"
#include "cornu/ops/gather/index.h"

// index.h for a card's kernels.

namespace cornu::ops {

inline constexpr const char* kIndexLibrary = R"cuda(
namespace cornu::kernel {

// The position in [0, n) that an index means, or -1.
inline int64_t resolved(int64_t index, int64_t n, bool clips) {
  if (clips) return n == 0 ? -1 : index < 0 ? 0 : index >= n ? n - 1 : index;
  if (index < 0) index += n;
  return index >= 0 && index < n ? index : -1;
}
// The same of several axes, as a position among all their elements.
template <class Index, int depth>
inline int64_t resolved(const Index* index, const int64_t (&dims)[depth], bool clips) {
  int64_t place = 0;
  for (int i = 0; i < depth; ++i) {
    const int64_t at = resolved(int64_t(index[i]), dims[i], clips);
    if (at < 0) return -1;
    place = place * dims[i] + at;
  }
  return place;
}

}  // namespace cornu::kernel
)cuda";

// Eight bytes of elements of a dtype.
template <class T>
uint64_t pattern_of(T element) {
  uint64_t pattern = 0;
  for (std::size_t at = 0; at < sizeof pattern; at += sizeof element)
    std::memcpy(reinterpret_cast<char*>(&pattern) + at, &element, sizeof element);
  return pattern;
}
// Of what is out of range and not zero.
inline uint64_t fill_pattern(DType dtype) {
  return dispatch(dtype, []<class T>(T) { return pattern_of(fill_value<T>()); });
}

}  // namespace cornu::ops

#pragma once

#include "cornu/backend/cpu/vector.h"

namespace cornu::ops {

// c [m, n] = a [m, k] b [k, n] (+ bias [n]) (then relu). c is dense; strides count elements.
template <class T>
struct Gemm {
  int64_t m, n, k;
  const T* a;
  int64_t a_row, a_column;
  const T* b;
  int64_t b_row, b_column;
  T* c;
  const T* bias = nullptr;
  bool relu = false;
};

// `packed` holds gemm_scratch(n) elements; null lets b be read in place, which wants b_column == 1 and pays for few rows only.
inline constexpr int64_t kGemmDepth = 384;
inline int64_t gemm_scratch(int64_t n) { return kGemmDepth * ((n + 63) / 64 * 64); }
CORNU_DECLARE_ISA(void gemm(const Gemm<float>& g, float* packed, int threads);
                  void gemm(const Gemm<double>& g, double* packed, int threads);)

}  // namespace cornu::ops

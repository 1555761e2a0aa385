#pragma once

#include "cornu/backend/cpu/vector.h"
#include "cornu/ops/pool/geometry.h"

namespace cornu::ops {

// Loops over channels-last arrays of T (float, double) with indices of I (uint8_t, int32_t).
template <class T>
struct Pool {
  void (*max_u8)(const PoolGeometry&, const T* x, T* y, uint8_t* index, int threads);
  void (*max_i32)(const PoolGeometry&, const T* x, T* y, int32_t* index, int threads);
  void (*max_gradient_u8)(const PoolGeometry&, const T* grad, const uint8_t* index, T* x_grad, int threads);
  void (*max_gradient_i32)(const PoolGeometry&, const T* grad, const int32_t* index, T* x_grad, int threads);
  void (*pick_u8)(const PoolGeometry&, const T* x, const uint8_t* index, T* y, int threads);
  void (*pick_i32)(const PoolGeometry&, const T* x, const int32_t* index, T* y, int threads);
  void (*average)(const PoolGeometry&, const T* x, T* y, int threads);
  void (*average_gradient)(const PoolGeometry&, const T* grad, T* x_grad, int threads);
};
CORNU_DECLARE_ISA(const Pool<float>& pool_float(); const Pool<double>& pool_double();)

}  // namespace cornu::ops

// Stands in front of a kernel's text when the virtual NVRTC compiles it for the host: the words of CUDA C++ that texts use.
#include "tests/virtual_gpu/kernel_abi.h"

#include <math.h>

#include <array>
#include <cmath>

#include <cstddef>
#include <limits>
#include <utility>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __constant__
#define __grid_constant__
#define __launch_bounds__(...)
// One block runs at a time, and its shared memory stands in a section of its own.
#define __shared__ static __attribute__((section("virtual_gpu_shared")))

namespace virtual_gpu {

extern "C" {
ThreadState* virtual_gpu_state;
}

template <class T>
T exchanged(unsigned mask, T value, int lane) {
  static_assert(sizeof(T) <= sizeof(unsigned long long));
  unsigned long long bits = 0;
  __builtin_memcpy(&bits, &value, sizeof value);
  bits = virtual_gpu_state->exchange(mask, bits, lane);
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

template <class... P>
struct Signature {
  static constexpr unsigned bytes[] = {sizeof(P)..., 0};
  static constexpr unsigned count = sizeof...(P);
};
template <auto function, class Parameters>
struct Caller;
template <class... P, void (*function)(P...)>
struct Caller<function, void(P...)> {
  template <std::size_t... I>
  static void call(void** parameters, std::index_sequence<I...>) {
    function(*static_cast<P*>(parameters[I])...);
  }
  static void call(void** parameters) { call(parameters, std::index_sequence_for<P...>()); }
  static constexpr Kernel kernel(unsigned most_threads) {
    return {call, Signature<P...>::bytes, Signature<P...>::count, most_threads};
  }
};

}  // namespace virtual_gpu

#define threadIdx (virtual_gpu::virtual_gpu_state->thread)
#define blockIdx (virtual_gpu::virtual_gpu_state->block)
#define blockDim (virtual_gpu::virtual_gpu_state->block_size)
#define gridDim (virtual_gpu::virtual_gpu_state->grid_size)
#define warpSize 32

inline void __syncthreads() { virtual_gpu::virtual_gpu_state->block_barrier(); }
inline void __syncwarp(unsigned mask = 0xffffffffu) { virtual_gpu::exchanged(mask, 0u, 0); }
template <class T>
T __shfl_sync(unsigned mask, T value, int lane, int = 32) {
  return virtual_gpu::exchanged(mask, value, lane);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int = 32) {
  return virtual_gpu::exchanged(mask, value, static_cast<int>(virtual_gpu::virtual_gpu_state->lane) ^ lanes);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned lanes, int = 32) {
  return virtual_gpu::exchanged(mask, value, static_cast<int>(virtual_gpu::virtual_gpu_state->lane + lanes));
}

struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(16) int4 {
  int x, y, z, w;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
inline float __fmaf_rn(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

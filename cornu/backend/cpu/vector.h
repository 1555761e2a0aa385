#pragma once

#include <cstdint>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "cornu/target/target.h"

// What a *_vector.cpp is written with: a register of the instruction set that the file is compiled for.

// Declares a function for each instruction set, and picks the one of a function type at run time.
#if defined(__x86_64__)
#define CORNU_DECLARE_ISA(...) \
  namespace baseline {         \
  __VA_ARGS__                  \
  }                            \
  namespace avx2 {             \
  __VA_ARGS__                  \
  }                            \
  namespace avx512 {           \
  __VA_ARGS__                  \
  }
#define CORNU_PICK_ISA(isa, type, name)                            \
  ((isa) == ::cornu::Isa::avx512 ? static_cast<type>(avx512::name) \
   : (isa) == ::cornu::Isa::avx2 ? static_cast<type>(avx2::name)   \
                                 : static_cast<type>(baseline::name))
#else
#define CORNU_DECLARE_ISA(...) \
  namespace baseline {         \
  __VA_ARGS__                  \
  }
#define CORNU_PICK_ISA(isa, type, name) static_cast<type>(baseline::name)
#endif

#ifdef CORNU_ISA
namespace cornu::CORNU_ISA {

#if defined(__AVX512F__)
inline constexpr int kVectorBytes = 64, kVectorRegisters = 32;
#elif defined(__AVX2__)
inline constexpr int kVectorBytes = 32, kVectorRegisters = 16;
#else
inline constexpr int kVectorBytes = 16, kVectorRegisters = 16;
#endif

// Lanes of float or double. Partial loads and stores touch the first `n` lanes' memory only; lanes beyond load as 0.
template <class T>
struct Vec {
  static constexpr int kLanes = kVectorBytes / sizeof(T);
  typedef T Lanes __attribute__((vector_size(kVectorBytes), aligned(sizeof(T)), may_alias));
  typedef T Value __attribute__((vector_size(kVectorBytes)));
  Value v;

  static Vec load(const T* from) { return {*reinterpret_cast<const Lanes*>(from)}; }
  static Vec load(const T* from, int n) {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4) return {(Value)_mm512_maskz_loadu_ps(__mmask16((1u << n) - 1), from)};
    else return {(Value)_mm512_maskz_loadu_pd(__mmask8((1u << n) - 1), from)};
#else
    Vec out{};
    for (int i = 0; i < n; ++i) out.v[i] = from[i];
    return out;
#endif
  }
  static Vec fill(T value) { return {value - Value{}}; }
  void store(T* to) const { *reinterpret_cast<Lanes*>(to) = v; }
  void store(T* to, int n) const {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4) _mm512_mask_storeu_ps(to, __mmask16((1u << n) - 1), (__m512)v);
    else _mm512_mask_storeu_pd(to, __mmask8((1u << n) - 1), (__m512d)v);
#else
    for (int i = 0; i < n; ++i) to[i] = v[i];
#endif
  }
  friend Vec operator+(Vec a, Vec b) { return {a.v + b.v}; }
  friend Vec operator*(Vec a, Vec b) { return {a.v * b.v}; }
};

// a * b + c, rounded once where the instruction set can.
template <class T>
inline Vec<T> multiply_add(Vec<T> a, Vec<T> b, Vec<T> c) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) return {(typename Vec<T>::Value)_mm512_fmadd_ps((__m512)a.v, (__m512)b.v, (__m512)c.v)};
  else return {(typename Vec<T>::Value)_mm512_fmadd_pd((__m512d)a.v, (__m512d)b.v, (__m512d)c.v)};
#elif defined(__FMA__)
  if constexpr (sizeof(T) == 4) return {(typename Vec<T>::Value)_mm256_fmadd_ps((__m256)a.v, (__m256)b.v, (__m256)c.v)};
  else return {(typename Vec<T>::Value)_mm256_fmadd_pd((__m256d)a.v, (__m256d)b.v, (__m256d)c.v)};
#else
  return {a.v * b.v + c.v};
#endif
}

}  // namespace cornu::CORNU_ISA
#endif

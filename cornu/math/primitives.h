#pragma once

#include <cmath>
#include <cstdint>

// What cornu/math/functions.h is written in, for a plain float inside a loop that the compiler vectorises. Another
// value type (a machine register, a piece of CUDA text) brings the same names. Everything lies in a namespace of its
// own for each instruction set, so that the linker never takes one set's copy of an inline function for another's.

#ifdef CORNU_ISA
#define CORNU_MATH_NAMESPACE CORNU_ISA
#else
#define CORNU_MATH_NAMESPACE portable
#endif

namespace cornu::math {
inline namespace CORNU_MATH_NAMESPACE {

// The integer of the same width, the float of twice the width.
template <class V>
struct Companions;
template <>
struct Companions<float> {
  using Integer = int32_t;
  using Wide = double;
};
template <class V>
using Integer = typename Companions<V>::Integer;
template <class V>
using Wide = typename Companions<V>::Wide;

inline int32_t bits_of(float x) { return __builtin_bit_cast(int32_t, x); }
inline int64_t bits_of(double x) { return __builtin_bit_cast(int64_t, x); }
inline float from_bits(int32_t x) { return __builtin_bit_cast(float, x); }
inline double from_bits(int64_t x) { return __builtin_bit_cast(double, x); }
inline float to_float(int32_t x) { return static_cast<float>(x); }
inline float to_float(double x) { return static_cast<float>(x); }
inline double to_wide(float x) { return static_cast<double>(x); }
inline int32_t to_integer(float x) { return static_cast<int32_t>(x); }  // truncates; x is in range
template <class T>
inline T select(bool condition, T if_true, T if_false) {
  return condition ? if_true : if_false;
}
inline float sqrt(float x) { return __builtin_sqrtf(x); }

// One rounding. Without the instruction: the product is exact in float64, the sum is rounded to odd there, and so the
// last rounding is the only one (S. Boldo, G. Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
#if defined(__FMA__) || defined(__aarch64__)
inline float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
inline double fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
#else
inline float fma(float a, float b, float c) {
  const double p = static_cast<double>(a) * b, q = c;
  const double sum = p + q, part = sum - p;
  const double lost = (p - (sum - part)) + (q - part);
  const int64_t bits = bits_of(sum);
  const bool towards_zero = (lost < 0) != (sum < 0);
  const bool even_and_inexact = ((bits & 1) == 0) & ((lost < 0) | (lost > 0));
  return static_cast<float>(from_bits(bits + (even_and_inexact ? (towards_zero ? -1 : 1) : 0)));
}
inline double fma(double a, double b, double c) { return std::fma(a, b, c); }
#endif

}  // namespace CORNU_MATH_NAMESPACE
}  // namespace cornu::math

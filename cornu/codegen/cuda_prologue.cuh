// Stands in front of every kernel's text: what a kernel program's instructions mean in CUDA C++. It includes nothing. A compiler for the
// host takes the other branch of each #ifdef, so that the same text runs on the virtual GPU.
typedef signed char int8_t;
typedef unsigned char uint8_t;
typedef short int16_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long int64_t;
typedef unsigned long uint64_t;

constexpr float kInfinityF = __builtin_bit_cast(float, 0x7f800000u), kNaNF = __builtin_bit_cast(float, 0x7fc00000u);
constexpr double kInfinityD = __builtin_bit_cast(double, 0x7ff0000000000000ul), kNaND = __builtin_bit_cast(double, 0x7ff8000000000000ul);

#ifdef __CUDACC_RTC__
namespace std {
template <class T>
struct numeric_limits;
template <>
struct numeric_limits<float> {
  static constexpr float infinity() { return kInfinityF; }
  static constexpr float quiet_NaN() { return kNaNF; }
  static constexpr float min() { return 1.17549435e-38f; }
};
template <>
struct numeric_limits<double> {
  static constexpr double infinity() { return kInfinityD; }
  static constexpr double quiet_NaN() { return kNaND; }
};
template <>
struct numeric_limits<int32_t> {
  static constexpr int32_t min() { return -2147483647 - 1; }
};
template <class T, unsigned long size>
struct array {
  T values[size];
  constexpr T& operator[](unsigned long i) { return values[i]; }
  constexpr const T& operator[](unsigned long i) const { return values[i]; }
};
using ::copysign, ::erf, ::erfc, ::exp, ::fabs, ::floor, ::fma, ::fmin, ::log, ::log1p, ::sqrt, ::tan;
}  // namespace std
inline double lgamma_r(double x, int*) { return lgamma(x); }
#define M_PI 3.14159265358979323846
#define M_2_SQRTPI 1.12837916709551257390
#endif

#define CORNU_MATH_NAMESPACE device
namespace cornu::math {
inline namespace device {

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
inline int32_t to_integer(float x) { return static_cast<int32_t>(x); }
template <class T>
inline T select(bool condition, T if_true, T if_false) {
  return condition ? if_true : if_false;
}
#ifdef __CUDACC_RTC__
inline float sqrt(float x) { return __fsqrt_rn(x); }
inline float fma(float a, float b, float c) { return __fmaf_rn(a, b, c); }
inline double fma(double a, double b, double c) { return __fma_rn(a, b, c); }
#else
inline float sqrt(float x) { return __builtin_sqrtf(x); }
inline float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
inline double fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
#endif

}  // namespace device
}  // namespace cornu::math

//@math  (cornu/math stands here)

namespace cornu::kernel {

namespace math = cornu::math;

template <class T>
struct Traits;
template <class T>
struct FloatTraits {
  using Unsigned = T;
  static constexpr bool is_float = true;
};
template <class U>
struct IntegerTraits {
  using Unsigned = U;
  static constexpr bool is_float = false;
};
template <> struct Traits<float> : FloatTraits<float> {
  static float lowest() { return -kInfinityF; }
  static float highest() { return kInfinityF; }
};
template <> struct Traits<double> : FloatTraits<double> {
  static double lowest() { return -kInfinityD; }
  static double highest() { return kInfinityD; }
};
template <> struct Traits<int32_t> : IntegerTraits<uint32_t> {
  static int32_t lowest() { return -2147483647 - 1; }
  static int32_t highest() { return 2147483647; }
};
template <> struct Traits<int64_t> : IntegerTraits<uint64_t> {
  static int64_t lowest() { return -9223372036854775807L - 1; }
  static int64_t highest() { return 9223372036854775807L; }
};
template <> struct Traits<uint32_t> : IntegerTraits<uint32_t> {
  static uint32_t lowest() { return 0; }
  static uint32_t highest() { return 4294967295U; }
};
template <> struct Traits<uint64_t> : IntegerTraits<uint64_t> {
  static uint64_t lowest() { return 0; }
  static uint64_t highest() { return 18446744073709551615UL; }
};
template <class T>
using Unsigned = typename Traits<T>::Unsigned;
template <class T>
inline constexpr bool is_float = Traits<T>::is_float;
template <class A, class B>
inline constexpr bool same = false;
template <class A>
inline constexpr bool same<A, A> = true;

// --- 16-bit floats: kept in 16 bits, computed in float32 ---

struct float16_t {
  uint16_t bits;
};
struct bfloat16_t {
  uint16_t bits;
};
#ifdef __CUDACC_RTC__
inline float widened(float16_t x) {
  float wide;
  asm("cvt.f32.f16 %0, %1;" : "=f"(wide) : "h"(x.bits));
  return wide;
}
inline float16_t narrowed(float x, float16_t) {
  float16_t narrow;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(narrow.bits) : "f"(x));
  return narrow;
}
#else
inline float widened(float16_t x) {
  const uint32_t sign = uint32_t(x.bits & 0x8000u) << 16, exponent = (x.bits >> 10) & 0x1f, mantissa = x.bits & 0x3ff;
  if (exponent == 0x1f) return __builtin_bit_cast(float, sign | 0x7f800000u | (mantissa << 13));
  if (exponent != 0) return __builtin_bit_cast(float, sign | ((exponent + 112) << 23) | (mantissa << 13));
  const float magnitude = float(mantissa) * 0x1p-24f;
  return sign ? -magnitude : magnitude;
}
inline float16_t narrowed(float x, float16_t) {
  const uint32_t bits = __builtin_bit_cast(uint32_t, x), magnitude = bits & 0x7fffffffu;
  const uint16_t sign = uint16_t((bits >> 16) & 0x8000u);
  if (magnitude > 0x7f800000u) return {uint16_t(sign | 0x7e00u)};
  if (magnitude >= 0x477ff000u) return {uint16_t(sign | 0x7c00u)};
  if (magnitude < 0x38800000u) {
    const float shifted = __builtin_bit_cast(float, magnitude) + 0.5f;
    return {uint16_t(sign | (__builtin_bit_cast(uint32_t, shifted) - 0x3f000000u))};
  }
  return {uint16_t(sign | ((magnitude + 0xc8000fffu + ((magnitude >> 13) & 1)) >> 13))};
}
#endif
inline float widened(bfloat16_t x) { return __builtin_bit_cast(float, uint32_t(x.bits) << 16); }
inline bfloat16_t narrowed(float x, bfloat16_t) {
  const uint32_t bits = __builtin_bit_cast(uint32_t, x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return {uint16_t((bits >> 16) | 0x40u)};
  return {uint16_t((bits + 0x7fffu + ((bits >> 16) & 1)) >> 16)};
}

// --- memory and conversions ---

// C's conversions, but from float to integer they saturate, and NaN gives 0.
template <class To, class From>
inline To convert(From x) {
  if constexpr (same<To, bool>) return x != 0;
  else if constexpr (same<From, bool>) return static_cast<To>(x ? 1 : 0);
  else if constexpr (is_float<From> && !is_float<To>) {
    if (x != x) return 0;
    // The highest integer is rounded up to a power of two in a float.
    if (x >= static_cast<From>(Traits<To>::highest())) return Traits<To>::highest();
    if (x <= static_cast<From>(Traits<To>::lowest())) return Traits<To>::lowest();
    return static_cast<To>(x);
  } else return static_cast<To>(x);
}

template <class Stored, class T>
inline T loaded(Stored x) {
  if constexpr (same<Stored, float16_t> || same<Stored, bfloat16_t>) return convert<T>(widened(x));
  else if constexpr (same<Stored, bool>) return convert<T>(x);
  else if constexpr (same<Stored, float> || same<Stored, double>) return convert<T>(x);
  else if constexpr (sizeof(Stored) < 4) return convert<T>(static_cast<int32_t>(x));
  else return convert<T>(x);
}
// An element of a kind of memory, converted to the register's type. A stored boolean may be any byte.
template <class Stored, class T>
inline T load(const char* base, int64_t offset) {
  if constexpr (same<Stored, bool>) return convert<T>(reinterpret_cast<const uint8_t*>(base)[offset] != 0);
  else return loaded<Stored, T>(reinterpret_cast<const Stored*>(base)[offset]);
}
template <class Stored, class T>
inline void store(char* base, int64_t offset, T value) {
  Stored* to = reinterpret_cast<Stored*>(base) + offset;
  if constexpr (same<Stored, float16_t> || same<Stored, bfloat16_t>) *to = narrowed(convert<float>(value), Stored{});
  else if constexpr (same<Stored, bool>) *reinterpret_cast<uint8_t*>(to) = convert<bool>(value) ? 1 : 0;
  else if constexpr (same<Stored, float> || same<Stored, double> || sizeof(Stored) == 8) *to = convert<Stored>(value);
  // A narrow integer is computed in 32 bits of its sign.
  else if constexpr (static_cast<Stored>(-1) < static_cast<Stored>(0)) *to = static_cast<Stored>(convert<int32_t>(value));
  else *to = static_cast<Stored>(convert<uint32_t>(value));
}
template <class Narrow, class T>
inline T wrap(T x) {
  if constexpr (same<Narrow, float16_t> || same<Narrow, bfloat16_t>) {
    if constexpr (same<T, float>) return widened(narrowed(x, Narrow{}));
    else return x;
  } else if constexpr (same<Narrow, bool> || same<Narrow, float> || same<Narrow, double> || same<T, bool>) return x;
  else if constexpr (is_float<T>) return x;
  else return static_cast<T>(static_cast<Narrow>(x));
}
template <class To, class From>
inline To bitcast(From x) {
  return __builtin_bit_cast(To, x);
}

// What a kind of memory is computed in.
template <class Stored> struct RegisterOf { using Type = int32_t; };
template <> struct RegisterOf<bool> { using Type = bool; };
template <> struct RegisterOf<float16_t> { using Type = float; };
template <> struct RegisterOf<bfloat16_t> { using Type = float; };
template <> struct RegisterOf<float> { using Type = float; };
template <> struct RegisterOf<double> { using Type = double; };
template <> struct RegisterOf<int64_t> { using Type = int64_t; };
template <> struct RegisterOf<uint8_t> { using Type = uint32_t; };
template <> struct RegisterOf<uint16_t> { using Type = uint32_t; };
template <> struct RegisterOf<uint32_t> { using Type = uint32_t; };
template <> struct RegisterOf<uint64_t> { using Type = uint64_t; };

// Memory that is moved as it is: the widest unit that divides addresses and extents in bytes, which are given or-ed together. f gets
// a unit.
struct alignas(16) Unit16 {
  uint64_t low, high;
};
template <class F>
inline void with_unit(uint64_t addresses_and_bytes, F f) {
  if (addresses_and_bytes % 16 == 0) f(Unit16{});
  else if (addresses_and_bytes % 8 == 0) f(uint64_t{});
  else if (addresses_and_bytes % 4 == 0) f(uint32_t{});
  else if (addresses_and_bytes % 2 == 0) f(uint16_t{});
  else f(uint8_t{});
}
// A unit of a pattern of eight bytes.
template <class Unit>
inline Unit filled(uint64_t pattern) {
  if constexpr (same<Unit, Unit16>) return {pattern, pattern};
  else return static_cast<Unit>(pattern);
}

// --- the status word of the card (ir::CardStatus) ---

[[maybe_unused]] constexpr uint32_t kIndexOutOfRange = 1;
struct Status {
  uint32_t code, checker;
  int64_t value, limit;
};
// Whether a kernel that writes state must leave it as it is.
inline bool is_stopped(uint64_t status) { return status != 0 && reinterpret_cast<const Status*>(status)->code != 0; }

// --- instructions ---

template <class T> inline T op_add(T a, T b) { return static_cast<T>(static_cast<Unsigned<T>>(a) + static_cast<Unsigned<T>>(b)); }
template <class T> inline T op_sub(T a, T b) { return static_cast<T>(static_cast<Unsigned<T>>(a) - static_cast<Unsigned<T>>(b)); }
template <class T> inline T op_mul(T a, T b) { return static_cast<T>(static_cast<Unsigned<T>>(a) * static_cast<Unsigned<T>>(b)); }
template <class T> inline T op_fma(T a, T b, T c) {
  if constexpr (is_float<T>) return math::fma(a, b, c);
  else return op_add(op_mul(a, b), c);
}
template <class T> inline T op_neg(T a) {
  if constexpr (is_float<T>) return -a;
  else return op_sub(T(0), a);
}
template <class T> inline T op_abs(T a) {
  if constexpr (same<T, float>) return fabsf(a);
  else if constexpr (same<T, double>) return fabs(a);
  else return a < 0 ? op_neg(a) : a;
}
template <class T> inline bool is_minus_one(T b) { return T(-1) < T(0) && b == T(-1); }
template <class T> inline T op_div(T a, T b) {
  if constexpr (is_float<T>) return a / b;
  else return b == 0 ? T(0) : is_minus_one(b) ? op_neg(a) : T(a / b);
}
template <class T> inline T op_rem(T a, T b) {
  if constexpr (same<T, float>) return fmodf(a, b);
  else if constexpr (same<T, double>) return fmod(a, b);
  else return b == 0 || is_minus_one(b) ? T(0) : T(a % b);
}
template <class T> inline T op_min(T a, T b) { return a != a ? a : b != b ? b : a < b ? a : b; }
template <class T> inline T op_max(T a, T b) { return a != a ? a : b != b ? b : a > b ? a : b; }
#define CORNU_ROUNDING(name, single, full)         \
  template <class T> inline T name(T a) {          \
    if constexpr (same<T, float>) return single(a); \
    else if constexpr (same<T, double>) return full(a); \
    else return a;                                 \
  }
CORNU_ROUNDING(op_floor, floorf, floor)
CORNU_ROUNDING(op_ceil, ceilf, ceil)
CORNU_ROUNDING(op_round, rintf, rint)
CORNU_ROUNDING(op_trunc, truncf, trunc)
#ifdef __CUDACC_RTC__
inline double root(double x) { return __dsqrt_rn(x); }
#else
inline double root(double x) { return __builtin_sqrt(x); }
#endif
inline float root(float x) { return math::sqrt(x); }
template <class T> inline T op_sqrt(T a) { return root(a); }

template <class T> inline T op_and(T a, T b) { return a & b; }
template <class T> inline T op_or(T a, T b) { return a | b; }
template <class T> inline T op_xor(T a, T b) { return a ^ b; }
template <class T> inline T op_not(T a) { return ~a; }
inline bool op_not(bool a) { return !a; }
template <class T> inline T op_shl(T a, T b) {
  return static_cast<T>(static_cast<Unsigned<T>>(a) << (static_cast<Unsigned<T>>(b) % (8 * sizeof(T))));
}
template <class T> inline T op_shr(T a, T b) { return static_cast<T>(a >> (static_cast<Unsigned<T>>(b) % (8 * sizeof(T)))); }

template <class T> inline bool op_eq(T a, T b) { return a == b; }
template <class T> inline bool op_ne(T a, T b) { return a != b; }
template <class T> inline bool op_lt(T a, T b) { return a < b; }
template <class T> inline bool op_le(T a, T b) { return a <= b; }
template <class T> inline bool op_gt(T a, T b) { return a > b; }
template <class T> inline bool op_ge(T a, T b) { return a >= b; }
template <class T> inline T op_select(bool condition, T a, T b) { return condition ? a : b; }

// Expansions in float32, CUDA's own in float64.
#define CORNU_EXPANSION(name, expansion, full)                  \
  inline float name(float x) { return math::expansion(x); }     \
  inline double name(double x) { return full(x); }
CORNU_EXPANSION(op_exp, exp, ::exp)
CORNU_EXPANSION(op_expm1, expm1, ::expm1)
CORNU_EXPANSION(op_log, log, ::log)
CORNU_EXPANSION(op_log1p, log1p, ::log1p)
CORNU_EXPANSION(op_tanh, tanh, ::tanh)
CORNU_EXPANSION(op_erf, erf, ::erf)
CORNU_EXPANSION(op_sin, sin_huge, ::sin)
CORNU_EXPANSION(op_cos, cos_huge, ::cos)
inline float op_pow(float x, float y) { return math::pow(x, y); }
inline double op_pow(double x, double y) { return ::pow(x, y); }
inline float op_erf_inv(float x) { return math::erf_inv(x); }
inline double op_erf_inv(double x) { return math::erf_inv(x); }
// CUDA's own in both.
#define CORNU_CALL(name, single, full)                  \
  inline float name(float x) { return single(x); }      \
  inline double name(double x) { return full(x); }
inline float log2_without_denormals(float x) { return log2f(fabsf(x) < 1.17549435e-38f ? x * 0 : x); }
inline double log2_without_denormals(double x) { return ::log2(::fabs(x) < 2.2250738585072014e-308 ? x * 0 : x); }
CORNU_CALL(op_log2, log2_without_denormals, log2_without_denormals)
CORNU_CALL(op_tan, tanf, ::tan)
CORNU_CALL(op_asin, asinf, ::asin)
CORNU_CALL(op_acos, acosf, ::acos)
CORNU_CALL(op_atan, atanf, ::atan)
CORNU_CALL(op_sinh, sinhf, ::sinh)
CORNU_CALL(op_cosh, coshf, ::cosh)
CORNU_CALL(op_asinh, asinhf, ::asinh)
CORNU_CALL(op_acosh, acoshf, ::acosh)
CORNU_CALL(op_atanh, atanhf, ::atanh)
CORNU_CALL(op_erfc, erfcf, ::erfc)
CORNU_CALL(op_lgamma, lgammaf, ::lgamma)
inline float op_atan2(float y, float x) { return atan2f(y, x); }
inline double op_atan2(double y, double x) { return ::atan2(y, x); }
template <class T> inline T op_digamma(T x) { return static_cast<T>(math::digamma(x)); }
template <class T> inline T op_gammainc(T a, T x) { return static_cast<T>(math::gammainc(a, x)); }
template <class T> inline T op_gammainc_a(T a, T x) { return static_cast<T>(math::gammainc_grad_a(a, x)); }
inline uint32_t op_philox(uint64_t index, uint32_t key0, uint32_t key1) { return math::philox_word(index, key0, key1); }

}  // namespace cornu::kernel

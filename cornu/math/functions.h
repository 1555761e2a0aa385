#pragma once

#include <limits>

#include "cornu/math/primitives.h"

// float32 functions, branch-free, in the primitives of V: the interpreter takes them on float, a code generator on
// registers. Denormal arguments and results count as zero. Each states its largest error, in units of the last place,
// against the exact value; functions_test.cpp holds them to it. Polynomials are Chebyshev interpolations of the
// function named beside them, rounded to V.
namespace cornu::math {
inline namespace CORNU_MATH_NAMESPACE {

inline constexpr float kInfinity = std::numeric_limits<float>::infinity();
inline constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
inline constexpr float kSmallestNormal = std::numeric_limits<float>::min();
inline constexpr int32_t kSignBit = std::numeric_limits<int32_t>::min();

template <class V>
V magnitude(V x) {
  return from_bits(bits_of(x) & Integer<V>(0x7fffffff));
}
template <class V>
V with_sign_of(V positive, V sign) {
  return from_bits(bits_of(positive) | (bits_of(sign) & Integer<V>(kSignBit)));
}

// c0 + c1 x + c2 x^2 + ..., by Horner.
template <class V>
V polynomial(V, V c) {
  return c;
}
template <class V, class... More>
V polynomial(V x, V c0, More... more) {
  return fma(polynomial(x, V(more)...), x, c0);
}

// Adding 1.5 * 2^23 leaves the nearest integer in the low bits of the sum.
template <class V>
struct Nearest {
  V value;
  Integer<V> integer;
};
template <class V>
Nearest<V> nearest(V x) {
  const V shifted = x + V(12582912.0f);
  return {shifted - V(12582912.0f), bits_of(shifted) - Integer<V>(0x4b400000)};
}
template <class V>
V power_of_two(Integer<V> n) {  // -127 < n < 128
  return from_bits((n + Integer<V>(127)) << 23);
}

// x = n ln 2 + r, |r| <= ln 2 / 2.
template <class V>
V without_powers_of_two(V x, V n) {
  return fma(n, V(-1.42860677e-6f), fma(n, V(-0.693145752f), x));
}
// e^r - 1 for |r| <= ln 2 / 2, from (e^r - 1 - r) / r^2.
template <class V>
V expm1_near_zero(V r) {
  const V q = polynomial(r, V(0.5f), V(0.166665763f), V(0.0416665524f), V(0.00836335309f), V(0.00139264006f));
  return fma(r * r, q, r);
}

// 1.1 ulp.
template <class V>
V exp(V x) {
  const V low = select(x < V(-104.0f), V(-104.0f), x);
  const V bounded = select(low > V(89.0f), V(89.0f), low);
  const auto n = nearest(bounded * V(1.44269504f));
  const V p = V(1.0f) + expm1_near_zero(without_powers_of_two(bounded, n.value));
  const Integer<V> half = n.integer >> 1;  // 2^n itself may be out of range
  return p * power_of_two<V>(half) * power_of_two<V>(n.integer - half);
}

// 2 ulp.
template <class V>
V expm1(V x) {
  const V low = select(x < V(-20.0f), V(-20.0f), x);
  const V bounded = select(low > V(89.0f), V(89.0f), low);
  const auto n = nearest(bounded * V(1.44269504f));
  const V p = expm1_near_zero(without_powers_of_two(bounded, n.value));
  const V half = power_of_two<V>(n.integer - Integer<V>(1));
  const V scaled = fma(p, half, half - V(0.5f));
  return select(magnitude(x) < V(0x1p-25f), x, scaled + scaled);
}

// log of 2^e (1 + f), 1/sqrt 2 <= 1 + f < sqrt 2, from (log(1 + f) - f + f^2/2) / f^3.
template <class V>
V log_of_parts(V e, V f) {
  const V q = polynomial(f, V(-0.5f), V(0.333333313f), V(-0.25000307f), V(0.200010449f), V(-0.166412815f), V(0.142144963f),
                         V(-0.129981831f), V(0.126223192f), V(-0.0790274367f));
  return fma(e, V(0.693145752f), f + fma(f * f, q, e * V(1.42860677e-6f)));
}
template <class V>
Integer<V> exponent_above_root_half(V x) {  // e such that x / 2^e lies in [1/sqrt 2, sqrt 2); x >= 0, or the integers overflow
  return (bits_of(x) - Integer<V>(0x3f3504f3)) >> 23;
}

// 1.1 ulp.
template <class V>
V log(V x) {
  const V m = magnitude(x);
  const Integer<V> e = exponent_above_root_half(m);
  const V y = log_of_parts(to_float(e), from_bits(bits_of(m) - (e << 23)) - V(1.0f));
  const V finite = select(x < V(kSmallestNormal), V(-kInfinity), y);
  const V positive = select(x > V(-kSmallestNormal), finite, V(kNaN));  // NaN too
  return select(x == V(kInfinity), x, positive);
}

// 1.6 ulp. What 1 + x loses is added to the fraction.
template <class V>
V log1p(V x) {
  const V u = V(1.0f) + x;
  const V lost = select(x > V(1.0f), V(1.0f) - (u - x), x - (u - V(1.0f)));
  const V m = magnitude(u);
  const Integer<V> e = exponent_above_root_half(m);
  const V f = from_bits(bits_of(m) - (e << 23)) - V(1.0f);
  const V scale = select(x > V(0x1p25f), V(0.0f), from_bits((Integer<V>(127) - e) << 23));
  const V y = log_of_parts(to_float(e), fma(lost, scale, f));
  const V finite = select(x > V(-1.0f), y, select(x == V(-1.0f), V(-kInfinity), V(kNaN)));
  return select((magnitude(x) < V(kSmallestNormal)) | (x == V(kInfinity)), x, finite);
}

// 1.5 ulp.
template <class V>
V tanh(V x) {
  const V a = magnitude(x), u = a * a;
  const V q = polynomial(u, V(-0.333333313f), V(0.133331135f), V(-0.0539094284f), V(0.0213093888f), V(-0.00661022775f));
  const V small = fma(a * u, q, a);  // from (tanh a - a) / a^3
  const V large = V(1.0f) - V(2.0f) / (exp(a + a) + V(1.0f));
  return with_sign_of(select(a > V(0.55f), large, small), x);
}

// 1.5 ulp.
template <class V>
V erf(V x) {
  const V a = magnitude(x), u = a * a;
  const V q = polynomial(u, V(0.128379166f), V(-0.37612626f), V(0.112835944f), V(-0.0268542115f), V(0.00518908724f),
                         V(-0.00080168643f), V(7.87587487e-05f));
  const V small = fma(a, q, a);  // from erf(a) / a - 1
  const V t = select(a > V(4.0f), V(4.0f), a);
  const V log_erfc = polynomial(t, V(0.000320441526f), V(-1.13023758f), V(-0.631814539f), V(-0.11009448f), V(0.0264310185f),
                                V(-0.00476357527f), V(0.000597743492f), V(-4.61779127e-05f), V(1.6435697e-06f));
  return with_sign_of(select(a < V(0.92f), small, V(1.0f) - exp(log_erfc)), x);
}

// 4 ulp. erf_inv(x) / x is smooth in w = -log(1 - x^2) (M. Giles, "Approximating the erfinv function", 2010).
template <class V>
V erf_inv(V x) {
  const V w = V(0.0f) - log((V(1.0f) - x) * (V(1.0f) + x));
  const V central =
      polynomial(w - V(2.5f), V(1.50140941f), V(0.24664028f), V(-0.00417739293f), V(-0.00125272642f), V(0.000218349393f),
                 V(-4.9724199e-06f), V(-3.46398519e-06f), V(4.68131333e-07f), V(2.33359678e-08f), V(-8.93192542e-09f));
  const V s = sqrt(w) - V(3.2f);
  const V tail = polynomial(s, V(3.03363657f), V(1.00469029f), V(0.00597714121f), V(-0.00426255213f), V(0.00291679334f),
                            V(-0.00212221593f), V(0.00117742352f), V(-0.000162652897f), V(-0.000129336811f));
  const V inside = select(w < V(5.0f), central, tail) * x;
  return select(magnitude(x) == V(1.0f), with_sign_of(V(kInfinity), x), inside);
}

// sin and cos take |x| <= kTrigonometricBound: up to there three parts of pi/2 lose nothing. Beyond, reduce_huge.
inline constexpr float kTrigonometricBound = 32768.0f;

template <class V>
struct Reduced {
  Integer<V> quadrant;
  V angle;  // within pi/4 of zero
};
template <class V>
Reduced<V> reduce(V positive) {
  const auto n = nearest(positive * V(0.636619772f));
  const V r = fma(n.value, V(-7.54978942e-08f), fma(n.value, V(-1.57079625f), positive));
  return {n.integer, fma(n.value, V(-5.39030253e-15f), r)};
}
// M. Payne, R. Hanek, "Radian reduction for trigonometric functions", 1983: only those bits of 2/pi are multiplied that
// give the quadrant and the fraction.
inline Reduced<float> reduce_huge(float positive) {
  constexpr uint32_t two_over_pi[] = {0,          0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0,
                                      0xdb629599, 0x3c439041, 0xfe5163ab, 0xdebbc561};
  const uint32_t bits = static_cast<uint32_t>(bits_of(positive));
  const uint64_t mantissa = (bits & 0x7fffff) | 0x800000;
  const int first = static_cast<int>(bits >> 23) - 127 - 23 - 2 + 32;  // the first bit wanted, of the table
  const int word = first / 32, shift = first % 32;
  auto window = [&](int i) {
    const uint64_t two = uint64_t(two_over_pi[word + i]) << 32 | two_over_pi[word + i + 1];
    return (two >> (32 - shift)) & 0xffffffff;
  };
  const uint64_t low = (mantissa * window(2)) >> 32, middle = mantissa * window(1) + low;
  const uint64_t fraction = (mantissa * window(0) << 32) + middle;  // in quadrants, 62 bits behind the point
  const uint64_t quadrant = (fraction + (uint64_t(1) << 61)) >> 62;
  const double angle = static_cast<double>(static_cast<int64_t>(fraction - (quadrant << 62))) * 0x1.921fb54442d18p-62;
  return {static_cast<int32_t>(quadrant), static_cast<float>(angle)};
}

template <class V>
V sin_of_reduced(Reduced<V> reduced, Integer<V> sign) {
  const V r = reduced.angle, u = r * r;
  const V s = fma(r * u, polynomial(u, V(-0.166666672f), V(0.00833333191f), V(-0.000198400638f), V(2.72468696e-06f)), r);
  const V c_tail = polynomial(u, V(-0.5f), V(0.0416666679f), V(-0.00138888881f), V(2.48005799e-05f), V(-2.72984067e-07f));
  const V y = select((reduced.quadrant & Integer<V>(1)) == Integer<V>(0), s, fma(u, c_tail, V(1.0f)));
  return from_bits(bits_of(y) ^ ((reduced.quadrant & Integer<V>(2)) << 30) ^ sign);
}
// 1.5 ulp.
template <class V>
V sin(V x) {
  return sin_of_reduced(reduce(magnitude(x)), bits_of(x) & Integer<V>(kSignBit));
}
// 1.5 ulp.
template <class V>
V cos(V x) {
  Reduced<V> reduced = reduce(magnitude(x));
  reduced.quadrant = reduced.quadrant + Integer<V>(1);
  return sin_of_reduced(reduced, Integer<V>(0));
}
// The same for any argument, with a branch.
inline float sin_huge(float x) {
  if (magnitude(x) <= kTrigonometricBound) return sin(x);
  if (!(magnitude(x) < kInfinity)) return kNaN;
  return sin_of_reduced(reduce_huge(magnitude(x)), bits_of(x) & kSignBit);
}
inline float cos_huge(float x) {
  if (magnitude(x) <= kTrigonometricBound) return cos(x);
  if (!(magnitude(x) < kInfinity)) return kNaN;
  Reduced<float> reduced = reduce_huge(magnitude(x));
  ++reduced.quadrant;
  return sin_of_reduced(reduced, 0);
}

// 0.51 ulp: 2^(y log2 |x|) in float64, where the product keeps enough bits. Special cases are C's.
template <class V>
V pow(V x, V y) {
  using W = Wide<V>;
  const V a = magnitude(x);
  const Integer<V> e = exponent_above_root_half(a);
  const W m = to_wide(from_bits(bits_of(a) - (e << 23)));
  const W s = (m - W(1.0)) / (m + W(1.0));
  const W log2 = fma(s,
                     polynomial(s * s, W(2.885390081777927), W(0.9617966939242785), W(0.5770780172716874), W(0.4121983979201904),
                                W(0.32061668806617083), W(0.26143430717722344), W(0.24303863544482138)),
                     to_wide(to_float(e)));
  const W z = to_wide(y) * log2;
  const W low = select(z < W(-200.0), W(-200.0), z);
  const W bounded = select(low > W(200.0), W(200.0), low);
  const W shifted = bounded + W(6755399441055744.0);
  const W p = polynomial(bounded - (shifted - W(6755399441055744.0)), W(1.0), W(0.693147180545911), W(0.24022650695812833),
                         W(0.05550410941295717), W(0.009618129159464759), W(0.0013333450481819327), W(0.00015403455792749644),
                         W(1.531010238038351e-05), W(1.3255240797206966e-06));
  const V regular = to_float(p * from_bits((bits_of(shifted) + 1023) << 52));

  const auto y_grows = (y > V(0.0f)) == (a > V(1.0f));
  const V extreme = select(y_grows, V(kInfinity), V(0.0f));  // |x| is 0 or infinite
  const V unsigned_power = select((a < V(kSmallestNormal)) | (a == V(kInfinity)), extreme, regular);
  const auto small_y = magnitude(y) < V(16777216.0f);
  const Integer<V> integer = to_integer(select(small_y, y, V(0.0f)));
  const auto y_is_integer = (to_float(integer) == y) | (magnitude(y) >= V(8388608.0f));
  const auto y_is_odd = ((integer & Integer<V>(1)) != Integer<V>(0)) & (to_float(integer) == y);
  const V negative = with_sign_of(unsigned_power, select(y_is_odd, x, V(0.0f)));
  const auto undefined = (x < V(0.0f)) & (y_is_integer == false) & (a < V(kInfinity)) & (a >= V(kSmallestNormal));
  const V defined = select(undefined, V(kNaN), negative);
  const V known = select((x != x) | (y != y), x + y, defined);
  const auto one = (magnitude(y) < V(kSmallestNormal)) | (x == V(1.0f)) | ((a == V(1.0f)) & (magnitude(y) == V(kInfinity)));
  return select(one, V(1.0f), known);
}

}  // namespace CORNU_MATH_NAMESPACE
}  // namespace cornu::math

#pragma once

#include <cmath>
#include <limits>

// float64 functions that the C library lacks; plain scalar code.
namespace cornu::math {

// The derivative of log gamma: recurrence up to 10, then its asymptotic series (Abramowitz & Stegun 6.3.18); reflection below 0.
inline double digamma(double x) {
  double below = 0;
  if (x <= 0) {
    if (x == std::floor(x)) return std::numeric_limits<double>::quiet_NaN();
    below = -M_PI / std::tan(M_PI * x);
    x = 1 - x;
  }
  for (; x < 10; ++x) below -= 1 / x;
  const double u = 1 / (x * x);
  const double series =
      u * (1.0 / 12 - u * (1.0 / 120 - u * (1.0 / 252 - u * (1.0 / 240 - u * (1.0 / 132 - u * 691.0 / 32760)))));
  return below + std::log(x) - 0.5 / x - series;
}

// x^a e^-x / Gamma(a + 1): what both expansions of the incomplete gamma function are multiples of. For large a its logarithm
// would be a difference of large numbers: Stirling's series leaves a (log1p(u) - u), u = (x - a) / a.
inline double gamma_weight(double a, double x) {
  int sign;  // the reentrant lgamma: the other writes a global
  if (a < 20) return std::exp(a * std::log(x) - x - lgamma_r(a + 1, &sign));
  const double u = (x - a) / a, v = 1 / (a * a);
  const double stirling = (1.0 / 12 - v * (1.0 / 360 - v * (1.0 / 1260 - v / 1680))) / a;
  return std::exp(a * (std::log1p(u) - u) - stirling) / std::sqrt(2 * M_PI * a);
}

// Steps an expansion may take: about 9 sqrt(a) are needed.
constexpr int kGammaSteps = 1000000;

// The regularized lower incomplete gamma function P(a, x) (DLMF 8.2.4): its power series (8.11.4) left of a + 1, right of it 1 less
// the continued fraction of Q (8.9.2) by Lentz's method. NaN for a < 0, x < 0, P(0, 0) and infinite a (as JAX gives).
inline double gammainc(double a, double x) {
  constexpr double inf = std::numeric_limits<double>::infinity(), epsilon = 1e-17;
  if (!(a >= 0 && x >= 0) || (a == 0 && x == 0)) return std::numeric_limits<double>::quiet_NaN();
  if (x == inf || a == 0) return 1;
  if (a == inf) return std::numeric_limits<double>::quiet_NaN();
  if (x == 0) return 0;
  if (x < a + 1) {
    double term = 1, sum = 1;
    for (int n = 1; n < kGammaSteps && term > epsilon * sum; ++n) sum += term *= x / (a + n);
    return std::fmin(gamma_weight(a, x) * sum, 1);
  }
  double b = x + 1 - a, c = inf, d = 1 / b, fraction = d;
  for (int n = 1; n < kGammaSteps; ++n) {
    const double step = n * (a - n);
    b += 2;
    d = 1 / (b + step * d);
    c = b + step / c;
    const double factor = c * d;
    fraction *= factor;
    if (std::fabs(factor - 1) < 2e-16) break;
  }
  return 1 - gamma_weight(a, x) * a * fraction;
}

// dP(a, x)/da: the power series differentiated term by term. Far right of a, where it is below rounding, 0.
inline double gammainc_grad_a(double a, double x) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  if (!(a > 0 && x >= 0) || a == inf) return std::numeric_limits<double>::quiet_NaN();
  const double weight = x == inf ? 0 : gamma_weight(a, x);
  if (x == 0 || (x > a && weight < 1e-25)) return 0;
  double term = 1, slope = 0, sum = 1, slopes = 0, falling = 0;
  for (int n = 1; n < kGammaSteps && (x > a + n || term > 1e-17 * sum); ++n) {
    term *= x / (a + n);
    falling -= 1 / (a + n);
    slope = term * falling;
    sum += term;
    slopes += slope;
  }
  return weight * (sum * (std::log(x) - digamma(a + 1)) + slopes);
}

// The inverse of erf, by Halley's steps from a rough start (S. Winitzki, 2008).
inline double erf_inv(double x) {
  if (!(std::fabs(x) < 1))
    return std::fabs(x) == 1 ? x * std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  const double l = std::log1p(-x * x), h = 2 / (M_PI * 0.147) + l / 2;
  double y = std::copysign(std::sqrt(std::sqrt(h * h - l / 0.147) - h), x);
  for (int i = 0; i < 3; ++i) {
    // Near 1 erfc keeps what erf rounds away.
    const double error = std::fabs(x) < 0.5 ? std::erf(y) - x : std::copysign((1 - std::fabs(x)) - std::erfc(std::fabs(y)), x);
    const double step = error / (M_2_SQRTPI * std::exp(-y * y));
    y -= step / (1 + y * step);
  }
  return y;
}

}  // namespace cornu::math

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

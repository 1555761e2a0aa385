#include "cornu/math/functions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "cornu/base/threads.h"

namespace cornu::math {
namespace {

// The distance in units of the last place of `exact`, counting denormal results as zero.
double ulps(float got, long double exact) {
  if (std::isnan(exact)) return std::isnan(got) ? 0 : 1e9;
  const float nearest = static_cast<float>(exact);
  if (std::isinf(nearest) || std::isinf(got)) return got == nearest ? 0 : std::abs((long double)(got)-exact) < 1e9 ? 1 : 1e9;
  if (std::fabs(exact) < kSmallestNormal) return std::fabs(got) <= kSmallestNormal ? 0 : 1e9;
  if (std::signbit(got) != std::signbit(exact)) return 1e9;
  const int exponent = std::max(std::ilogb(nearest), -126);
  return static_cast<double>(std::fabs((long double)(got)-exact) / std::ldexp(1.0L, exponent - 23));
}

long double inverse_erf(float x) {
  if (std::fabs(x) > 1) return NAN;
  if (std::fabs(x) == 1) return x * INFINITY;
  long double y = erf_inv(x);
  for (int i = 0; i < 3 && std::isfinite(y); ++i) {
    const long double slope = 1.128379167095512573896L * std::exp(-y * y);
    const long double residual = y > 0.5L ? (1.0L - x) - std::erfc(y) : y < -0.5L ? std::erfc(-y) - (1.0L + x) : std::erf(y) - x;
    y -= (y > 0.5L || y < -0.5L ? -1 : 1) * (y > 0.5L || y < -0.5L ? -residual : residual) / slope;
  }
  return y;
}

struct Function {
  const char* name;
  float (*ours)(float);
  long double (*exact)(float);
  double bound;
};
const Function functions[] = {
    {"exp", [](float x) { return exp(x); }, [](float x) { return (long double)std::exp(double(x)); }, 1.1},
    {"expm1", [](float x) { return expm1(x); }, [](float x) { return (long double)std::expm1(double(x)); }, 2},
    {"log", [](float x) { return log(x); }, [](float x) { return (long double)std::log(double(x)); }, 1.1},
    {"log1p", [](float x) { return log1p(x); }, [](float x) { return (long double)std::log1p(double(x)); }, 1.6},
    {"tanh", [](float x) { return tanh(x); }, [](float x) { return (long double)std::tanh(double(x)); }, 1.5},
    {"erf", [](float x) { return erf(x); }, [](float x) { return (long double)std::erf(double(x)); }, 1.5},
    {"erf_inv", [](float x) { return erf_inv(x); }, [](float x) { return inverse_erf(x); }, 4},
    {"sin", [](float x) { return sin_huge(x); }, [](float x) { return (long double)std::sin(double(x)); }, 1.5},
    {"cos", [](float x) { return cos_huge(x); }, [](float x) { return (long double)std::cos(double(x)); }, 1.5},
};

void expect_bound(const Function& f, uint32_t first, uint32_t step) {
  FlushDenormals flush;
  double worst = 0;
  float at = 0;
  for (uint64_t bits = first; bits <= 0xffffffffu; bits += step) {
    const float x = __builtin_bit_cast(float, uint32_t(bits));
    if (std::fpclassify(x) == FP_SUBNORMAL) continue;
    const double error = ulps(f.ours(x), f.exact(x));
    if (!(error <= worst)) worst = error, at = x;
  }
  EXPECT_LE(worst, f.bound) << f.name << "(" << at << ") = " << f.ours(at) << ", exact " << double(f.exact(at));
  ::testing::Test::RecordProperty(f.name, std::to_string(worst));
}

TEST(MathFunctions, KeepTheirBounds) {
  for (const Function& f : functions) expect_bound(f, 0, 4001);
}
TEST(MathFunctionsExhaustive, KeepTheirBoundsOnEveryFloat) {
  for (const Function& f : functions) expect_bound(f, 0, 1);
}

TEST(MathFunctions, EdgesAreExact) {
  FlushDenormals flush;
  const float infinity = kInfinity;
  EXPECT_EQ(exp(0.0f), 1);
  EXPECT_EQ(exp(infinity), infinity);
  EXPECT_EQ(exp(-infinity), 0);
  EXPECT_EQ(log(1.0f), 0);
  EXPECT_EQ(log(0.0f), -infinity);
  EXPECT_EQ(log(-0.0f), -infinity);
  EXPECT_TRUE(std::isnan(log(-1.0f)));
  EXPECT_EQ(tanh(20.0f), 1);
  EXPECT_EQ(erf(-infinity), -1);
  EXPECT_EQ(log1p(-1.0f), -infinity);
  EXPECT_EQ(erf_inv(1.0f), infinity);
  for (const Function& f : functions) {
    EXPECT_TRUE(std::isnan(f.ours(kNaN))) << f.name;
    if (f.exact(0) == 0) {
      EXPECT_TRUE(std::signbit(f.ours(-0.0f))) << f.name;
      EXPECT_FALSE(std::signbit(f.ours(0.0f))) << f.name;
    }
  }
}

TEST(MathFunctions, PowKeepsItsBoundAndCsSpecialCases) {
  FlushDenormals flush;
  std::mt19937 random(1);
  double worst = 0;
  for (int i = 0; i < 300000; ++i) {
    const float x = __builtin_bit_cast(float, uint32_t(random() & 0x7fffffff));
    const float y = std::ldexp(float(random()) / 4294967296.0f - 0.5f, int(random() % 16) - 4);
    if (!std::isnormal(x) || !std::isnormal(y)) continue;
    worst = std::max(worst, ulps(pow(x, y), std::pow((long double)(x), (long double)(y))));
  }
  EXPECT_LE(worst, 0.51);
  const float values[] = {0.0f, -0.0f, 1,     -1,    0.5f,   -0.5f,       2,         -2,         3,
                          -3,   2.5f,  -2.5f, 1e10f, -1e10f, 16777217.0f, kInfinity, -kInfinity, kNaN};
  for (float x : values)
    for (float y : values) {
      const float expected = std::pow(x, y);
      if (std::isnan(expected)) EXPECT_TRUE(std::isnan(pow(x, y))) << x << " ^ " << y;
      else
        EXPECT_EQ(bits_of(pow(x, y)), bits_of(std::fabs(expected) < kSmallestNormal ? std::copysign(0.0f, expected) : expected))
            << x << " ^ " << y;
    }
}

TEST(MathFunctions, FmaRoundsOnce) {
  std::mt19937 random(2);
  for (int i = 0; i < 300000; ++i) {
    const float a = __builtin_bit_cast(float, uint32_t(random() & 0xbfffffff)),
                b = __builtin_bit_cast(float, uint32_t(random() & 0xbfffffff));
    const float c = i % 3 ? -(a * b) * (1 + float(i % 5) * 0x1p-23f) : __builtin_bit_cast(float, uint32_t(random()));
    const float expected = std::fma(a, b, c), got = fma(a, b, c);
    if (std::isnan(expected)) EXPECT_TRUE(std::isnan(got));
    else EXPECT_EQ(bits_of(got), bits_of(expected)) << a << " " << b << " " << c;
  }
}

}  // namespace
}  // namespace cornu::math

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::ops {
namespace {

// Zero, the ends of binades, the ends of the range; no denormals, which count as zero.
template <class T>
std::vector<T> edges() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> out{0, Limits::max(), Limits::infinity()};
  for (T power = 2 * Limits::min(); power < Limits::max() / 8; power *= 8)
    out.insert(out.end(), {power, power * T(1.5), std::nextafter(power, T(0))});
  const std::size_t positive = out.size();
  for (std::size_t i = 0; i < positive; ++i) out.push_back(-out[i]);
  return out;
}

template <class T>
void expect_neighbours(T towards) {
  const std::vector<T> from = edges<T>();
  const auto next = nextafter(Tensor(from), cast(Tensor(towards), dtype_of<T>)).template to_vector<T>();
  for (std::size_t i = 0; i < from.size(); ++i) {
    const T expected = std::nextafter(from[i], towards), smallest = std::copysign(std::numeric_limits<T>::min(), expected);
    EXPECT_EQ(next[i], std::fpclassify(expected) == FP_SUBNORMAL ? smallest : expected) << from[i] << " -> " << towards;
  }
}

TEST(NumpyBinary, NextafterIsTheCLibrarys) {
  for (const double towards : {0.0, 1.0, -1.0, double(INFINITY), -double(INFINITY)}) {
    expect_neighbours<float>(float(towards));
    expect_neighbours<double>(towards);
  }
  EXPECT_TRUE(std::isnan(nextafter(Tensor(std::vector<float>{NAN}), Tensor(std::vector<float>{1})).to_vector<float>()[0]));
}

// The bits of a positive number of 16 bits, taken as an integer, grow by one.
TEST(NumpyBinary, NextafterOfHalvesIsTheNextPattern) {
  for (const DType dtype : {float16, bfloat16}) {
    std::vector<double> numbers;
    for (int exponent = dtype == float16 ? -24 : -126; exponent < 15; ++exponent) numbers.push_back(std::ldexp(1.0, exponent));
    const Tensor x = cast(Tensor(numbers), dtype), inf = cast(Tensor(double(INFINITY)), dtype);
    const Tensor up = nextafter(x, inf), back = nextafter(up, cast(Tensor(0.0), dtype));
    const auto a = cast(x, float64).to_vector<double>(), b = cast(up, float64).to_vector<double>();
    EXPECT_EQ(cast(back, float64).to_vector<double>(), a);
    const double digits = dtype == float16 ? 10 : 7, smallest = dtype == float16 ? 0x1p-24 : 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(b[i] - a[i], std::max(std::ldexp(a[i], -int(digits)), smallest)) << a[i];
  }
}

TEST(NumpyBinary, LdexpNeitherOverflowsNorVanishesOnTheWay) {
  const Tensor x(std::vector<float>{0x1p-126f, 0x1p127f, 1, 3}), k(std::vector<int32_t>{253, -253, 200, -1000});
  EXPECT_EQ(ldexp(x, k).to_vector<float>(), (std::vector<float>{0x1p127f, 0x1p-126f, INFINITY, 0}));
}

}  // namespace
}  // namespace cornu::keras::ops

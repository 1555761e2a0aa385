#include <gtest/gtest.h>

#include <cmath>

#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::ops {
namespace {

using Values = std::vector<double>;

Tensor row(std::vector<float> values) { return Tensor(values, {int64_t(values.size())}); }

// Numbers of Keras on JAX.
TEST(Digitize, BinsRiseOrFall) {
  const Tensor x = row({-1, 0, 0.5, 1, 2, NAN});
  EXPECT_EQ(digitize(x, row({0, 1})).to_vector<double>(), (Values{0, 1, 1, 2, 2, 2}));
  EXPECT_EQ(digitize(x, row({1, 0})).to_vector<double>(), (Values{2, 1, 1, 0, 0, 0}));
  EXPECT_EQ(digitize(x, row({})).to_vector<double>(), Values(6, 0));
  EXPECT_THROW(digitize(x, zeros({2, 2})), ValueError);
}

TEST(SearchSorted, NaNIsTheLargest) {
  const Tensor sequence = row({0, 1, 1, NAN});
  EXPECT_EQ(searchsorted(sequence, row({1, 2, NAN, -1})).to_vector<double>(), (Values{1, 3, 3, 0}));
  EXPECT_EQ(searchsorted(sequence, row({1, 2, NAN, -1}), "right").to_vector<double>(), (Values{3, 3, 4, 0}));
  EXPECT_THROW(searchsorted(sequence, row({1}), "middle"), ValueError);
}

TEST(SortFunction, AxisNoneIsTheFlattenedTensor) {
  const Tensor x(std::vector<float>{3, 1, 2, 0}, {2, 2});
  EXPECT_EQ(sort(x, std::nullopt).to_vector<double>(), (Values{0, 1, 2, 3}));
  EXPECT_EQ(argsort(x, std::nullopt).to_vector<double>(), (Values{3, 1, 2, 0}));
  EXPECT_EQ(argsort(Tensor(2.0)).shape(), (Shape{1}));
}

}  // namespace
}  // namespace cornu::keras::ops

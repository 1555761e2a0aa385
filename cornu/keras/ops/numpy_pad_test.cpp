#include <gtest/gtest.h>

#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::ops {
namespace {

using Values = std::vector<double>;

Tensor line() { return Tensor(std::vector<float>{0, 1, 4}, {3}); }
Values padded(const Tensor& x, const char* mode) { return pad(x, {4, 5}, mode).to_vector<double>(); }

// Numbers of keras.ops.pad on JAX.
TEST(Pad, EveryMode) {
  EXPECT_EQ(padded(line(), "constant"), (Values{0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 0, 0}));
  EXPECT_EQ(padded(line(), "empty"), padded(line(), "constant"));
  EXPECT_EQ(padded(line(), "edge"), (Values{0, 0, 0, 0, 0, 1, 4, 4, 4, 4, 4, 4}));
  EXPECT_EQ(padded(line(), "reflect"), (Values{0, 1, 4, 1, 0, 1, 4, 1, 0, 1, 4, 1}));
  EXPECT_EQ(padded(line(), "symmetric"), (Values{4, 4, 1, 0, 0, 1, 4, 4, 1, 0, 0, 1}));
  EXPECT_EQ(padded(line(), "wrap"), (Values{4, 0, 1, 4, 0, 1, 4, 0, 1, 4, 0, 1}));
  EXPECT_EQ(padded(line(), "circular"), padded(line(), "wrap"));
  EXPECT_EQ(padded(line(), "maximum"), (Values{4, 4, 4, 4, 0, 1, 4, 4, 4, 4, 4, 4}));
  EXPECT_EQ(padded(line(), "minimum"), (Values{0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 0, 0}));
  EXPECT_EQ(padded(line(), "median"), (Values{1, 1, 1, 1, 0, 1, 4, 1, 1, 1, 1, 1}));
  EXPECT_FLOAT_EQ(padded(line(), "mean")[0], 5 / 3.0);
  EXPECT_FLOAT_EQ(padded(line(), "linear_ramp")[8], 2.4);
  EXPECT_EQ(pad(Tensor(std::vector<int32_t>{1, 2}, {1, 2}), {{2, 1}, {0, 3}}, "reflect").to_vector<double>(),
            (Values{1, 2, 1, 2, 1, 1, 2, 1, 2, 1, 1, 2, 1, 2, 1, 1, 2, 1, 2, 1}));
}

TEST(Pad, IntegersAreRounded) {
  const Tensor x(std::vector<int32_t>{2, 5, 6}, {3});
  EXPECT_EQ(padded(x, "mean")[0], 4);
  EXPECT_EQ(pad(Tensor(std::vector<int32_t>{1, 4, 2, 9}, {4}), 1, "median").to_vector<double>()[0], 3);
  EXPECT_EQ(pad(Tensor(std::vector<int32_t>{7, -5}, {2}), {4, 3}, "linear_ramp").to_vector<double>(),
            (Values{0, 1, 3, 5, 7, -5, -4, -2, 0}));
}

TEST(Pad, SaysWhatIsWrong) {
  EXPECT_THROW(pad(line(), 1, "mirror"), ValueError);
  EXPECT_THROW(pad(line(), -1), ValueError);
  EXPECT_THROW(pad(line(), {{1, 1}, {1, 1}}), ValueError);
  EXPECT_THROW(pad(line(), 1, "edge", 2.0), ValueError);
  EXPECT_THROW(pad(zeros({0, 2}), {{1, 1}, {0, 0}}, "edge"), ValueError);
}

}  // namespace
}  // namespace cornu::keras::ops

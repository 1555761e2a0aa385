#include "cornu/ops/random/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "cornu/math/philox.h"
#include "tests/ops/op_samples.h"

namespace cornu::ops {
namespace {

using cornu::testing::array;
using cornu::testing::evaluate;
using Values = std::vector<double>;

CORNU_SAMPLES({
    {random_bits_op, ir::Attributes::of(RandomBitsAttributes{}), {{{2, 3}, 0, 9, uint32}, {{2, 3}, 0, 9, uint32}}},
    {random_bits_op, ir::Attributes::of(RandomBitsAttributes{2, 1}), {{{5}, 0, 9, uint32}, {{5}, 0, 9, uint32}}},
})

Value key() { return ir::constant(7, uint32, {2}); }

struct Moments {
  double mean, deviation, low, high;
};
Moments moments(const Value& draws) {
  const Values x = evaluate(draws).values();
  double sum = 0, squares = 0;
  for (double v : x) sum += v, squares += v * v;
  const double mean = sum / x.size();
  const auto [low, high] = std::minmax_element(x.begin(), x.end());
  return {mean, std::sqrt(squares / x.size() - mean * mean), *low, *high};
}

constexpr int64_t kDraws = 20000;
const double kNoise = 5 / std::sqrt(double(kDraws));

TEST(Random, BitsAreThePhiloxStream) {
  const auto bits = evaluate(random_bits(key(), {2, 3}));
  const auto second = evaluate(random_bits(key(), {3}, 2, 1));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(bits[i], math::philox_word(i, 7, 7));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(second[i], bits[2 * i + 1]);
}

TEST(Random, Uniform) {
  for (DType dtype : {float32, float64, float16, bfloat16}) {
    const Moments m = moments(random_uniform(key(), {kDraws}, dtype));
    EXPECT_NEAR(m.mean, 0.5, kNoise * 0.29 + (dtype == bfloat16 ? 0.003 : 0.0005)) << dtype;
    EXPECT_NEAR(m.deviation, std::sqrt(1 / 12.0), kNoise);
    EXPECT_GE(m.low, 0);
    EXPECT_LT(m.high, 1) << dtype;
  }
}

TEST(Random, Normal) {
  for (DType dtype : {float32, float64, float16, bfloat16}) {
    const Moments m = moments(random_normal(key(), {kDraws}, dtype));
    EXPECT_NEAR(m.mean, 0, kNoise) << dtype;
    EXPECT_NEAR(m.deviation, 1, kNoise) << dtype;
    EXPECT_GT(m.high, 3.2);
  }
}

TEST(Random, TruncatedNormal) {
  const Moments m = moments(random_truncated_normal(key(), {kDraws}, float32));
  EXPECT_NEAR(m.mean, 0, kNoise);
  EXPECT_NEAR(m.deviation, 0.8796, kNoise);
  EXPECT_TRUE(m.low >= -2 && m.low < -1.98 && m.high <= 2 && m.high > 1.98);
}

TEST(Random, BernoulliAndIntegers) {
  EXPECT_NEAR(moments(random_bernoulli(key(), ir::constant(0.3, float32), {kDraws})).mean, 0.3, kNoise);
  const Moments m = moments(random_integers(key(), {kDraws}, -3, 4));
  EXPECT_EQ(m.low, -3);
  EXPECT_EQ(m.high, 3);
  EXPECT_NEAR(m.mean, 0, 2 * kNoise);
  EXPECT_THROW(random_integers(key(), {2}, 3, 3), ValueError);
  EXPECT_THROW(random_normal(key(), {2}, int32), ValueError);
}

TEST(Random, Permutation) {
  const auto order = evaluate(random_permutation(key(), {2, 300}, 1)).values();
  double displacement = 0;
  for (int line : {0, 1}) {
    Values sorted(order.begin() + 300 * line, order.begin() + 300 * (line + 1));
    for (int i = 0; i < 300; ++i) displacement += std::abs(sorted[i] - i);
    std::sort(sorted.begin(), sorted.end());
    for (int i = 0; i < 300; ++i) EXPECT_EQ(sorted[i], i);
  }
  EXPECT_NEAR(displacement / 600, 100, 10);  // a third of the extent
  EXPECT_NE(Values(order.begin(), order.begin() + 300), Values(order.begin() + 300, order.end()));
  // Of three elements all six orders come equally often.
  const auto orders = evaluate(random_permutation(key(), {6000, 3}, 1)).values();
  std::map<Values, int> counts;
  for (int i = 0; i < 6000; ++i) ++counts[Values(orders.begin() + 3 * i, orders.begin() + 3 * i + 3)];
  EXPECT_EQ(counts.size(), 6u);
  for (const auto& [which, count] : counts) EXPECT_NEAR(count, 1000, 5 * std::sqrt(1000 * 5 / 6.0));
}

}  // namespace
}  // namespace cornu::ops

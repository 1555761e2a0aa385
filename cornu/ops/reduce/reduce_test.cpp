#include "cornu/ops/reduce/reduce.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cornu/autodiff/gradient.h"
#include "tests/ops/op_samples.h"

namespace cornu::ops {
namespace {

using cornu::testing::array;
using cornu::testing::evaluate;
using cornu::testing::Sample;
using Values = std::vector<double>;

Sample sample(const OpDef& op, std::vector<int> axes, bool keepdims = false) {
  return {op, ir::Attributes::of(ReduceAttributes{std::move(axes), keepdims}), {{{2, 3, 4}}}};
}

CORNU_SAMPLES({
    sample(sum_op, {1}),
    sample(sum_op, {0, 2}, true),
    sample(sum_op, {0, 1, 2}),
    sample(prod_op, {1}),
    sample(prod_op, {0, 2}),
    sample(prod_op, {0, 1}, true),
    sample(max_op, {2}),
    sample(max_op, {0, 1}, true),
    sample(min_op, {0}),
    sample(min_op, {1, 2}),
    sample(any_op, {1}),
    sample(any_op, {0, 2}, true),
    sample(all_op, {0}),
    sample(argmax_op, {1}),
    sample(argmax_op, {0, 2}, true),
    sample(argmin_op, {2}),
    sample(argmin_op, {0, 1, 2}),
})

Values gradient(Value (*f)(const Value&, const std::vector<int>&, bool), const Values& at) {
  Value x = ir::parameter({float64, {int64_t(at.size())}}), y = f(x, {0}, false);
  return evaluate({{x}, autodiff::gradients(std::vector{y}, std::vector{ones_like(y)}, std::vector{x})}, {array(x.spec(), at)})[0]
      .values();
}
double reduced(Value (*f)(const Value&, const std::vector<int>&, bool), const Values& at, DType dtype = float64) {
  Value x = ir::parameter({dtype, {int64_t(at.size())}});
  return evaluate({{x}, {f(x, {0}, false)}}, {array(x.spec(), at)})[0][0];
}

TEST(Reduce, TiesShare) { EXPECT_EQ(gradient(max, {1, 3, 3, 2}), (Values{0, 0.5, 0.5, 0})); }

TEST(Reduce, ProductsWithZeros) {
  EXPECT_EQ(gradient(prod, {2, 0, 3, 5}), (Values{0, 30, 0, 0}));
  EXPECT_EQ(gradient(prod, {2, 0, 0}), (Values{0, 0, 0}));
}

TEST(Reduce, PositionsAreTheFirstAndNanWins) {
  const double nan = std::nan("");
  EXPECT_EQ(reduced(argmax, {1, 4, 4}), 1);
  EXPECT_EQ(reduced(argmin, {1, nan, -4, nan}), 1);
  EXPECT_TRUE(std::isnan(reduced(max, {1, nan, 2})));
}

TEST(Reduce, OfNothing) {
  Value empty = ir::parameter({float32, {2, 0}});
  EXPECT_THROW(max(empty, {1}), ValueError);
  EXPECT_EQ(evaluate({{empty}, {sum(empty, {1})}}, {array(empty.spec(), {})})[0].values(), (Values{0, 0}));
  EXPECT_EQ(evaluate({{empty}, {prod(empty, {-1})}}, {array(empty.spec(), {})})[0].values(), (Values{1, 1}));
  EXPECT_EQ(sum(empty, {}), empty);
  EXPECT_THROW(sum(empty, {2}), ValueError);
}

TEST(Reduce, StatisticsOfHalvesDoNotOverflow) {
  const Values large(100, 60000);
  EXPECT_NEAR(reduced(mean, large, float16), 60000, 20);
  EXPECT_EQ(reduced(variance, large, float16), 0);
}

TEST(Reduce, Statistics) {
  EXPECT_EQ(reduced(variance, {1, 2, 3, 4}), 1.25);
  EXPECT_EQ(reduced(standard_deviation, {1, 1, 3, 3}), 1);
  EXPECT_EQ(reduced(logsumexp, {1000, 1000}), 1000 + std::log(2));
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(reduced(logsumexp, {-inf, -inf}), -inf);
}

}  // namespace
}  // namespace cornu::ops

#include "cornu/ops/sort/sort.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cornu/ops/iota/iota.h"
#include "cornu/ops/view/view.h"
#include "tests/ops/op_samples.h"
#include "tests/ops/run_lowering.h"

namespace cornu::ops {
namespace {

using cornu::testing::Array;
using cornu::testing::array;
using cornu::testing::drawn;
using cornu::testing::evaluate;
using cornu::testing::run_lowering;
using cornu::testing::Sample;
using Values = std::vector<double>;
constexpr double kInf = std::numeric_limits<double>::infinity();

Sample sample(const Shape& shape, SortAttributes a) { return {sort_op, ir::Attributes::of(a), {{shape, -9, 9}}}; }

CORNU_SAMPLES({
    sample({5}, {0}),
    sample({2, 7}, {1, true}),
    sample({3, 4, 2}, {1}),
    sample({6, 3}, {0, true, 2}),
    sample({2, 5}, {1, true, 5}),
    sample({4}, {0, true, 0}),
    sample({1, 3}, {0}),
    sample({0, 3}, {0}),
    sample({3, 0}, {0, true, 2}),
})

// Values and indices of a row.
std::pair<Values, Values> ordered(const Values& numbers, bool descending, DType dtype = float32) {
  const Value x = ir::parameter({dtype, {int64_t(numbers.size())}});
  const auto out =
      evaluate({{x}, ir::make_node(sort_op, ir::Attributes::of(SortAttributes{0, descending}), {x})}, {array(x.spec(), numbers)});
  return {out[0].values(), out[1].values()};
}

TEST(Sort, KeepsTheOrderOfEqualElements) {
  EXPECT_EQ(ordered({3, 1, 3, 2, 1}, false), (std::pair<Values, Values>{{1, 1, 2, 3, 3}, {1, 4, 3, 0, 2}}));
  EXPECT_EQ(ordered({3, 1, 3, 2, 1}, true), (std::pair<Values, Values>{{3, 3, 2, 1, 1}, {0, 2, 3, 1, 4}}));
  EXPECT_EQ(ordered({0.0, -0.0, 0.0, -0.0, -1}, false).second, (Values{4, 0, 1, 2, 3}));
  EXPECT_EQ(ordered({0.0, -0.0, 0.0, -0.0, 1}, true).second, (Values{4, 0, 2, 1, 3}));
}

TEST(Sort, NaNIsTheLargest) {
  for (DType dtype : {float32, float16, bfloat16, float64}) {
    EXPECT_EQ(ordered({1, NAN, -kInf, kInf, -NAN}, false, dtype).second, (Values{2, 0, 3, 1, 4}));
    EXPECT_EQ(ordered({1, NAN, -kInf, kInf, -NAN}, true, dtype).second, (Values{1, 4, 3, 0, 2}));
  }
}

TEST(Sort, IntegersKeepEveryDigit) {
  const Value x = ir::integer_constant(int64_t{1} << 62, int64, {1}),
              y = ir::integer_constant((int64_t{1} << 62) - 1, int64, {1});
  const Value both = select(equal(iota(int32, {2}, 0), ir::constant(0, int32, {2})), broadcast_to(x, {2}), broadcast_to(y, {2}));
  EXPECT_EQ(evaluate(argsort(both, 0)).values(), (Values{1, 0}));
}

TEST(Sort, AnyAxis) {
  const Value x = reshape(neg(iota(int32, {6}, 0)), {2, 3});
  EXPECT_EQ(evaluate(sort(x, 0)).values(), (Values{-3, -4, -5, 0, -1, -2}));
  EXPECT_EQ(evaluate(argsort(x, -1)).values(), (Values{2, 1, 0, 2, 1, 0}));
  EXPECT_THROW(sort(x, 2), ValueError);
}

TEST(TopK, HasTheLargestFirst) {
  const Value x = reshape(iota(int32, {6}, 0), {2, 3});
  const TopK best = top_k(x, 2);
  EXPECT_EQ(evaluate(best.values).values(), (Values{2, 1, 5, 4}));
  EXPECT_EQ(evaluate(best.indices).values(), (Values{2, 1, 2, 1}));
  EXPECT_EQ(evaluate(top_k(x, 1, 0).values).values(), (Values{3, 4, 5}));
  EXPECT_THROW(top_k(x, 4), ValueError);
  EXPECT_THROW(top_k(x, -1), ValueError);
  EXPECT_EQ(top_k(ir::parameter({float32, {2, Shape::kUnknown}}), 4).values.shape(), (Shape{2, 4}));
}

TEST(Median, IsTheMiddle) {
  const auto of = [](const Values& numbers) {
    const Value x = ir::parameter({float32, {int64_t(numbers.size())}});
    return evaluate({{x}, {median(x, 0)}}, {array(x.spec(), numbers)})[0][0];
  };
  EXPECT_EQ(of({5, 1, 2}), 2);
  EXPECT_EQ(of({5, 1, 2, 4}), 3);
  EXPECT_TRUE(std::isnan(of({5, NAN, 2})));
}

TEST(Sort, LoweringEqualsReference) {
  for (DType dtype : {float32, bfloat16, int8, uint64, bool_})
    for (int axis : {0, 1, 2})
      for (std::optional<int64_t> k : {std::optional<int64_t>(), std::optional<int64_t>(3)})
        for (bool descending : {false, true}) {
          const Value x = ir::parameter({dtype, {13, 150, 7}});
          // Rounded, so that there are ties.
          Values numbers = drawn(x.shape().elements(), dtype == float32 || dtype == bfloat16 ? -20 : 0, 20, 5);
          for (std::size_t i = 0; i < numbers.size(); ++i)
            numbers[i] = dtype == float32 && i % 17 == 0 ? NAN : std::trunc(numbers[i]);
          const std::vector<Array> in{array(x.spec(), numbers)};
          const ir::Graph graph{{x}, ir::make_node(sort_op, ir::Attributes::of(SortAttributes{axis, descending, k}), {x})};
          const auto expected = evaluate(graph, in);
          for (int threads : {1, 3}) {
            const auto found = run_lowering(graph, in, threads);
            EXPECT_EQ(found[0].bytes, expected[0].bytes);
            EXPECT_EQ(found[1].bytes, expected[1].bytes);
          }
        }
}

}  // namespace
}  // namespace cornu::ops

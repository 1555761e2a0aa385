#include "cornu/ops/cumulative/cumulative.h"

#include <gtest/gtest.h>

#include "cornu/ops/iota/iota.h"
#include "cornu/ops/view/view.h"
#include "tests/ops/gradient_check.h"
#include "tests/ops/op_samples.h"
#include "tests/ops/run_lowering.h"

namespace cornu::ops {
namespace {

using cornu::testing::Array;
using cornu::testing::array;
using cornu::testing::drawn;
using cornu::testing::evaluate;
using cornu::testing::expect_finite_differences;
using cornu::testing::run_lowering;
using cornu::testing::Sample;
using Values = std::vector<double>;

Sample sample(const OpDef& op, const Shape& shape, CumulativeAttributes a) {
  Sample out{op, ir::Attributes::of(a), {{shape}}};
  if (op.max_operands == 2) out.operands.push_back({shape});
  return out;
}

CORNU_SAMPLES({
    sample(cumsum_op, {5}, {0}),
    sample(cumsum_op, {2, 4, 3}, {1, true}),
    sample(cumsum_op, {3, 0}, {1}),
    sample(cumsum_op, {0, 3}, {0}),
    sample(cumprod_op, {5}, {0, true}),
    sample(cumprod_op, {2, 4, 3}, {1}),
    sample(cumprod_op, {1, 3}, {0}),
    sample(cumprod_op, {0}, {0}),
    sample(linear_recurrence_op, {5}, {0}),
    sample(linear_recurrence_op, {2, 4, 3}, {1, true}),
    sample(linear_recurrence_op, {3, 1}, {1}),
    sample(linear_recurrence_op, {0, 2}, {0}),
})

Value counted(const Shape& shape, DType dtype = int32) { return reshape(iota(dtype, {shape.elements()}, 0), shape) + 1; }

TEST(Cumulative, GoesAlongAnyAxisAndBack) {
  EXPECT_EQ(evaluate(cumsum(counted({2, 3}), 0)).values(), (Values{1, 2, 3, 5, 7, 9}));
  EXPECT_EQ(evaluate(cumsum(counted({2, 3}), -1, true)).values(), (Values{6, 5, 3, 15, 11, 6}));
  EXPECT_EQ(evaluate(cumprod(counted({4}), 0)).values(), (Values{1, 2, 6, 24}));
  EXPECT_EQ(evaluate(linear_recurrence(counted({3}), counted({3}), 0)).values(), (Values{1, 4, 15}));
  EXPECT_THROW(cumsum(counted({2}), 1), ValueError);
}

TEST(Cumulative, NarrowIntegersWrapAndHalvesAreSummedInFloat) {
  EXPECT_EQ(evaluate(cumprod(counted({6}, int8), 0)).values(), (Values{1, 2, 6, 24, 120, -48}));
  const Value ones = ir::constant(1, bfloat16, {300});
  const Array sums = run_lowering({{ones}, {cumsum(ones, 0)}}, {evaluate(ones)})[0];
  EXPECT_EQ(sums[299], 300);  // in bfloat16 it would stop at 256
}

TEST(Cumulative, GradientOfAProductWithZeros) {
  for (bool reverse : {false, true}) {
    const Value x = ir::parameter({float64, {2, 5}});
    expect_finite_differences({{x}, {cumprod(x, 1, reverse)}}, {array(x.spec(), {2, 0, 3, 0, 5, 1, 2, 0, 4, 3})});
  }
}

TEST(Cumulative, LoweringEqualsReference) {
  for (const OpDef* op : {&cumsum_op, &cumprod_op, &linear_recurrence_op})
    for (DType dtype : {float64, int16, uint64})
      for (int axis : {0, 1, 2})
        for (bool reverse : {false, true}) {
          std::vector<Value> operands;
          std::vector<Array> in;
          for (int i = 0; i < op->max_operands; ++i) {
            operands.push_back(ir::parameter({dtype, {13, 40, 290}}));
            in.push_back(array(operands[i].spec(), drawn(operands[i].shape().elements(), 0.5, 1.6, i)));
          }
          const ir::Graph graph{operands, ir::make_node(*op, ir::Attributes::of(CumulativeAttributes{axis, reverse}), operands)};
          for (int threads : {1, 3}) EXPECT_EQ(run_lowering(graph, in, threads)[0].bytes, evaluate(graph, in)[0].bytes);
        }
}

}  // namespace
}  // namespace cornu::ops

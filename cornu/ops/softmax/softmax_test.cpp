#include "cornu/ops/softmax/softmax.h"

#include <gtest/gtest.h>

#include "tests/ops/op_samples.h"

namespace cornu::ops {
namespace {

using cornu::testing::array;
using cornu::testing::evaluate;

CORNU_SAMPLES({
    {softmax_op, ir::Attributes::of(SoftmaxAttributes{1}), {{{2, 3}}}},
    {softmax_op, ir::Attributes::of(SoftmaxAttributes{0}), {{{3, 2, 2}, -20, 20}}},
    {softmax_op, ir::Attributes::of(SoftmaxAttributes{1}), {{{2, 0}}}},
    {softmax_op, ir::Attributes::of(SoftmaxAttributes{0}), {{{1, 2}}}},
    {log_softmax_op, ir::Attributes::of(SoftmaxAttributes{1}), {{{2, 3}}}},
    {log_softmax_op, ir::Attributes::of(SoftmaxAttributes{0}), {{{3, 2, 2}, -20, 20}}},
    {log_softmax_op, ir::Attributes::of(SoftmaxAttributes{0}), {{{0, 2}}}},
})

TEST(Softmax, DoesNotOverflow) {
  Value x = ir::parameter({float32, {3}});
  const auto out = evaluate({{x}, {softmax(x), log_softmax(x)}}, {array(x.spec(), {1000, 1000, -1000})});
  EXPECT_EQ(out[0].values(), (std::vector<double>{0.5, 0.5, 0}));
  EXPECT_NEAR(out[1][2], -2000.6931, 1e-3);
  EXPECT_THROW(softmax(x, 1), ValueError);
}

}  // namespace
}  // namespace cornu::ops

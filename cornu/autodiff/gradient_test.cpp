#include "cornu/autodiff/gradient.h"

#include <gtest/gtest.h>

#include "cornu/ops/reduce/reduce.h"
#include "cornu/ops/view/view.h"
#include "tests/ops/evaluate.h"

namespace cornu::autodiff {
namespace {

using namespace cornu::ops;
using cornu::testing::array;
using cornu::testing::evaluate;
using Values = std::vector<double>;

Value gradient(const Value& y, const Value& x) { return gradients(std::vector{y}, std::vector{ones_like(y)}, std::vector{x})[0]; }

TEST(Gradients, AddWhereAValueIsReadTwice) {
  Value x = ir::parameter({float64, {2}});
  EXPECT_EQ(evaluate({{x}, {gradient(x * x + x, x)}}, {array({float64, {2}}, {3, -1})})[0].values(), (Values{7, -1}));
}

TEST(Gradients, OfGradients) {
  Value x = ir::parameter({float64, {}});
  Value third = gradient(gradient(gradient(x * x * x, x), x), x);
  EXPECT_EQ(evaluate({{x}, {third}}, {array({float64, {}}, {5})})[0].values(), Values{6});
}

TEST(Gradients, SumOverWhatWasBroadcast) {
  Value row = ir::parameter({float64, {2}}), column = ir::parameter({float64, {3, 1}});
  auto grads = gradients(std::vector{row * column}, std::vector{ir::constant(1, float64, {3, 2})}, std::vector{row, column});
  auto out = evaluate({{row, column}, grads}, {array({float64, {2}}, {1, 2}), array({float64, {3, 1}}, {4, 5, 6})});
  EXPECT_EQ(out[0].values(), (Values{15, 15}));
  EXPECT_EQ(out[1].values(), (Values{3, 3, 3}));
}

TEST(Gradients, AreEmptyWithoutAFloatingPath) {
  Value x = ir::parameter({float32, {2}}), other = ir::parameter({float32, {2}});
  EXPECT_FALSE(gradient(x, other));
  EXPECT_FALSE(gradient(cast(cast(x, int32), float32), x));
  EXPECT_FALSE(gradient(stop_gradient(x), x));
}

TEST(Gradients, NameTheOpWithoutARule) {
  static const OpDef opaque_op = ir::define_op(ir::OpSpec<>{
      .name = "opaque", .infer = [](const ir::NoAttributes&, std::span<const ir::Spec> in) { return std::vector{in[0]}; }});
  Value x = ir::parameter({float32, {2}}), other = ir::parameter({float32, {2}});
  EXPECT_THROW(gradient(ir::apply(opaque_op, {x}), x), NotImplementedError);
  EXPECT_TRUE(gradient(ir::apply(opaque_op, {x}) + other, other));
}

TEST(Gradients, OfADeepChainNeedNoStack) {
  Value x = ir::parameter({float32, {1}}), y = x;
  for (int i = 0; i < 100000; ++i) y = sin(y);
  EXPECT_TRUE(gradient(y, x));
}

}  // namespace
}  // namespace cornu::autodiff

#include "cornu/ops/one_hot/one_hot.h"

#include <gtest/gtest.h>

#include "tests/ops/op_samples.h"
#include "tests/ops/run_lowering.h"

namespace cornu::ops {
namespace {

using cornu::testing::array;
using cornu::testing::evaluate;
using cornu::testing::run_lowering;
using Values = std::vector<double>;

CORNU_SAMPLES({
    {check_index_op, ir::Attributes::of(CheckIndexAttributes{10, "Embedding"}), {{{2, 5}, -3, 13, int32}}},
    {check_index_op, ir::Attributes::of(CheckIndexAttributes{10, "sparse_categorical_crossentropy", -1}), {{{7}, -3, 13, int64}}},
})

TEST(OneHot, MarksTheClass) {
  const Value x = ir::parameter({int32, {3}});
  const auto in = array(x.spec(), {2, -1, 3});
  EXPECT_EQ(evaluate({{x}, {one_hot(x, 3, -1, float32)}}, {in})[0].values(), (Values{0, 0, 1, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(evaluate({{x}, {one_hot(x, 3, 0, int8)}}, {in})[0].values(), (Values{0, 0, 0, 0, 0, 0, 1, 0, 0}));
}

TEST(OneHot, ANarrowTypeHasManyClasses) {
  const Value x = ir::parameter({uint8, {1}});
  const auto out = evaluate({{x}, {one_hot(x, 300, -1, bool_)}}, {array(x.spec(), {3})})[0];
  EXPECT_EQ(out[3], 1);
  EXPECT_EQ(out[259], 0);
}

TEST(OneHot, UnknownDims) {
  EXPECT_EQ(one_hot(ir::parameter({int32, {Shape::kUnknown, 2}}), 5, 1, float32).shape(), (Shape{Shape::kUnknown, 5, 2}));
}

TEST(CheckIndex, TellsTheFirstAndClamps) {
  const Value x = ir::parameter({int64, {5}});
  const ir::Graph graph{{x}, {check_index(x, 10, "Embedding")}};
  const auto in = array(x.spec(), {3, 12, -2, 9, 0});
  ir::StatusWord status;
  EXPECT_EQ(run_lowering(graph, {in}, 1, &status)[0].values(), (Values{3, 9, 0, 9, 0}));
  EXPECT_EQ(evaluate(graph, {in})[0].values(), (Values{3, 9, 0, 9, 0}));
  ASSERT_TRUE(status.is_set());
  EXPECT_EQ(status.value, 12);
  EXPECT_EQ(status.limit, 10);
  EXPECT_THROW(status.raise(), ValueError);
}

TEST(CheckIndex, LeavesWhatIsIgnored) {
  const Value x = ir::parameter({int32, {3}});
  const ir::Graph graph{{x}, {check_index(x, 10, "sparse_categorical_crossentropy", -1)}};
  ir::StatusWord status;
  EXPECT_EQ(run_lowering(graph, {array(x.spec(), {-1, 9, 0})}, 1, &status)[0].values(), (Values{-1, 9, 0}));
  EXPECT_FALSE(status.is_set());
}

TEST(CheckIndex, SaysWhatIsWrong) {
  EXPECT_THROW(check_index(ir::parameter({float32, {3}}), 10, "Embedding"), TypeError);
  EXPECT_THROW(check_index(ir::parameter({int32, {3}}), 0, "Embedding"), ValueError);
}

}  // namespace
}  // namespace cornu::ops

#include "cornu/ops/concat/concat.h"

#include <gtest/gtest.h>

#include "cornu/ops/iota/iota.h"
#include "cornu/ops/tile/tile.h"
#include "cornu/ops/view/view.h"
#include "tests/ops/op_samples.h"
#include "tests/ops/run_lowering.h"

namespace cornu::ops {
namespace {

using cornu::testing::evaluate;
using cornu::testing::run_lowering;
using Values = std::vector<double>;

cornu::testing::Sample joining(int axis, std::initializer_list<Shape> shapes) {
  cornu::testing::Sample out{concat_op, ir::Attributes::of(ConcatAttributes{axis}), {}};
  for (const Shape& shape : shapes) out.operands.push_back({shape});
  return out;
}

CORNU_SAMPLES({
    joining(0, {{2, 3}, {1, 3}}),
    joining(1, {{2, 3}, {2, 1}, {2, 4}}),
    joining(1, {{2, 3, 2}, {2, 0, 2}, {2, 1, 2}}),
    joining(0, {{4}}),
})

Value counted(const Shape& shape) { return reshape(iota(int32, {shape.elements()}, 0), shape); }

TEST(Concat, JoinsAlongAnAxis) {
  EXPECT_EQ(evaluate(concat({counted({1, 2}), counted({2, 2})}, 0)).values(), (Values{0, 1, 0, 1, 2, 3}));
  EXPECT_EQ(evaluate(concat({counted({2, 1}), counted({2, 2})}, -1)).values(), (Values{0, 0, 1, 1, 2, 3}));
  EXPECT_EQ(concat({counted({2})}, 0), counted({2}));
  EXPECT_EQ(concat({counted({2, 0}), counted({2, 3})}, 1).shape(), (Shape{2, 3}));
}

TEST(Concat, SaysWhatDoesNotFit) {
  EXPECT_THROW(concat({}, 0), ValueError);
  EXPECT_THROW(concat({counted({2, 2}), counted({3, 3})}, 0), ValueError);
  EXPECT_THROW(concat({counted({2}), counted({2, 1})}, 0), ValueError);
  EXPECT_THROW(stack({counted({2}), counted({3})}, 0), ValueError);
}

TEST(Concat, UnknownDims) {
  Value a = ir::parameter({float32, {Shape::kUnknown, 3}}), b = ir::parameter({float32, {4, Shape::kUnknown}});
  EXPECT_EQ(concat({a, b}, 0).shape(), (Shape{Shape::kUnknown, 3}));
  EXPECT_EQ(concat({a, b}, 1).shape(), (Shape{4, Shape::kUnknown}));
}

TEST(Concat, LoweringEqualsReference) {
  for (DType dtype : {float32, int8, float64})
    for (int axis : {0, 1, 2})
      for (int threads : {1, 3}) {
        std::vector<Value> operands;
        std::vector<cornu::testing::Array> arguments;
        for (int64_t dim : {5, 0, 64, 31}) {
          Shape shape{20, 30, 40};
          shape[axis] = dim;
          operands.push_back(ir::parameter({dtype, shape}));
          arguments.push_back(evaluate(cast(counted(shape) + double(dim), dtype)));
        }
        const ir::Graph graph{operands, {concat(operands, axis)}};
        EXPECT_EQ(run_lowering(graph, arguments, threads)[0].bytes, evaluate(graph, arguments)[0].bytes);
      }
}

TEST(Stack, MakesAnAxis) {
  EXPECT_EQ(evaluate(stack({counted({2}), counted({2}) + 5}, 0)).values(), (Values{0, 1, 5, 6}));
  EXPECT_EQ(evaluate(stack({counted({2}), counted({2}) + 5}, -1)).values(), (Values{0, 5, 1, 6}));
}

TEST(Split, IsNumpys) {
  EXPECT_EQ(split(counted({6}), 3, 0).size(), 3u);
  EXPECT_EQ(evaluate(split(counted({6}), 3, 0)[1]).values(), (Values{2, 3}));
  EXPECT_THROW(split(counted({5}), 3, 0), ValueError);
  const auto parts = split(counted({5}), std::vector<int64_t>{1, 4}, 0);
  EXPECT_EQ(evaluate(parts[1]).values(), (Values{1, 2, 3}));
  EXPECT_EQ(evaluate(parts[2]).values(), Values{4});
}

TEST(Tile, IsNumpys) {
  EXPECT_EQ(evaluate(tile(counted({2}), {2, 2})).values(), (Values{0, 1, 0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(tile(counted({2, 3}), {2}).shape(), (Shape{2, 6}));
  EXPECT_EQ(tile(ir::parameter({float32, {Shape::kUnknown, 3}}), {2, 2}).shape(), (Shape{Shape::kUnknown, 6}));
  EXPECT_EQ(tile(counted({2, 3}), {0, 1}).shape(), (Shape{0, 3}));
}

TEST(Repeat, IsNumpys) {
  EXPECT_EQ(evaluate(repeat(counted({2, 2}), 2, 0)).values(), (Values{0, 1, 0, 1, 2, 3, 2, 3}));
  EXPECT_EQ(evaluate(repeat(counted({3}), std::vector<int64_t>{2, 0, 1}, 0)).values(), (Values{0, 0, 2}));
  EXPECT_THROW(repeat(counted({3}), std::vector<int64_t>{2, 0}, 0), ValueError);
}

TEST(Roll, GoesAround) {
  EXPECT_EQ(evaluate(roll(counted({4}), 1, 0)).values(), (Values{3, 0, 1, 2}));
  EXPECT_EQ(evaluate(roll(counted({4}), -5, 0)).values(), (Values{1, 2, 3, 0}));
  EXPECT_EQ(roll(counted({4}), 8, 0), counted({4}));
}

}  // namespace
}  // namespace cornu::ops

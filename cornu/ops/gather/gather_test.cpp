#include "cornu/ops/gather/gather.h"

#include <gtest/gtest.h>

#include <cmath>

#include "cornu/ops/iota/iota.h"
#include "cornu/ops/view/view.h"
#include "tests/ops/gradient_check.h"
#include "tests/ops/op_samples.h"
#include "tests/ops/run_lowering.h"

namespace cornu::ops {
namespace {

using cornu::testing::Array;
using cornu::testing::array;
using cornu::testing::evaluate;
using cornu::testing::expect_finite_differences;
using cornu::testing::run_lowering;
using cornu::testing::Sample;
using Values = std::vector<double>;

// Indices from [low, high), the last dim of `indices` being the depth.
Sample reading(const GatherAttributes& a, const Shape& x, const Shape& indices, double low, double high, DType index = int32) {
  return {gather_op, ir::Attributes::of(a), {{x}, {indices, low, high, index}}};
}
Sample along(const OpDef& op, int axis, const Shape& x, const Shape& indices, double low, double high) {
  Sample out{op, ir::Attributes::of(AlongAxisAttributes{axis}), {{x}, {indices, low, high, int32}}};
  if (&op == &add_along_axis_op) out.operands.push_back({indices});
  return out;
}

CORNU_SAMPLES({
    reading({0, 1, OutOfRange::fill}, {4, 3}, {5, 1}, -4, 4),
    reading({1, 1, OutOfRange::zero}, {2, 4, 3}, {6, 1}, -7, 8, int64),
    reading({1, 1, OutOfRange::clip}, {3, 4}, {2, 5, 1}, -7, 8),
    reading({0, 2, OutOfRange::zero}, {3, 4, 2}, {5, 2}, -5, 5),
    reading({0, 1, OutOfRange::fill}, {5}, {2, 3, 1}, -5, 5, int64),
    {gather_op,
     ir::Attributes::of(GatherAttributes{}),
     {{{4, 3}, -2, 2, float32}, {{6, 1}, -7, 8, int32}},
     false},  // some read NaN
    along(take_along_axis_op, 1, {3, 4}, {3, 5}, -4, 4),
    along(take_along_axis_op, 0, {5, 2}, {3, 2}, 0, 5),
    along(add_along_axis_op, 1, {3, 4}, {3, 5}, -6, 6),
    along(add_along_axis_op, 0, {2, 3, 2}, {4, 3, 2}, 0, 2),
})

Value counted(const Shape& shape, DType dtype = float32) { return reshape(iota(dtype, {shape.elements()}, 0), shape); }

// The result of a function of x and indices.
template <class F>
Array with_indices(const Value& x, const Shape& shape, const Values& numbers, F&& f, DType index = int32) {
  const Value indices = ir::parameter({index, shape});
  return evaluate({{indices}, {f(x, indices)}}, {array(indices.spec(), numbers)})[0];
}

Array taken(const Value& x, const Values& numbers, int axis, OutOfRange mode = OutOfRange::fill) {
  return with_indices(x, {int64_t(numbers.size())}, numbers, [&](auto& a, auto& i) { return gather(a, i, axis, mode); });
}

TEST(Gather, TakesAlongAnAxis) {
  EXPECT_EQ(taken(counted({3, 2}), {2, 0, -1}, 0).values(), (Values{4, 5, 0, 1, 4, 5}));
  EXPECT_EQ(taken(counted({2, 3}), {2, 0}, -1).values(), (Values{2, 0, 5, 3}));
  auto at_axis_1 = [](auto& a, auto& i) { return gather(a, i, 1); };
  EXPECT_EQ(with_indices(counted({2, 3, 4}), {5, 6}, Values(30, 1), at_axis_1).spec.shape, (Shape{2, 5, 6, 4}));
  EXPECT_EQ(with_indices(
                counted({3}), {}, {1}, [](auto& a, auto& i) { return gather(a, i, 0); }, uint8)
                .values(),
            Values{1});
}

// As jnp.take does.
TEST(Gather, FillsOutOfRange) {
  const Array filled = taken(counted({3}), {-3, -4, 3}, 0);
  EXPECT_EQ(filled[0], 0);
  EXPECT_TRUE(std::isnan(filled[1]) && std::isnan(filled[2]));
  EXPECT_EQ(taken(counted({3}, int8), {5}, 0).values(), Values{-128});
  EXPECT_EQ(taken(counted({3}, uint8), {5}, 0).values(), Values{255});
  EXPECT_EQ(taken(counted({3}, bool_), {5}, 0).values(), Values{1});
  EXPECT_EQ(taken(counted({3}), {-1, 7, 1}, 0, OutOfRange::clip).values(), (Values{0, 2, 1}));
  EXPECT_EQ(taken(counted({3}), {-1, 7, 1}, 0, OutOfRange::zero).values(), (Values{2, 0, 1}));
}

TEST(Gather, Nd) {
  auto nd = [](auto& a, auto& i) { return gather_nd(a, i); };
  EXPECT_EQ(with_indices(counted({2, 3}), {2, 2}, {1, 2, 0, -1}, nd).values(), (Values{5, 2}));
  EXPECT_EQ(with_indices(counted({2, 3}), {1, 1}, {1}, nd).values(), (Values{3, 4, 5}));
  auto behind_batch = [](auto& a, auto& i) { return gather_nd(a, i, 1); };
  EXPECT_EQ(with_indices(counted({2, 2, 2}), {1, 2}, {1, 0}, behind_batch).values(), (Values{2, 6}));
  EXPECT_THROW(with_indices(counted({2}), {1, 2}, {0, 0}, nd), ValueError);
}

TEST(Gather, WantsIntegers) {
  EXPECT_THROW(gather(counted({3}), counted({2}), 0), TypeError);
  EXPECT_THROW(gather(counted({3}), counted({2}, bool_), 0), TypeError);
}

TEST(Gather, UnknownDims) {
  constexpr int64_t none = Shape::kUnknown;
  Value x = ir::parameter({float32, {none, 3, none}}), i = ir::parameter({int32, {none, 4}});
  EXPECT_EQ(gather(x, i, 1).shape(), (Shape{none, none, 4, none}));
}

TEST(Gather, LoweringEqualsReference) {
  for (DType dtype : {float32, float16, int8, float64})
    for (DType index : {int32, int64})
      for (OutOfRange mode : {OutOfRange::fill, OutOfRange::zero, OutOfRange::clip})
        for (int axis : {0, 1, 2})
          for (int64_t inner : {1, 2, 21}) {
            const Value x = ir::parameter({dtype, {11, 13, inner}}), indices = ir::parameter({index, {40, 50, 1}});
            Values numbers;
            for (int i = 0; i < 2000; ++i) numbers.push_back((i * 7919) % 33 - 16);
            const ir::Graph graph{{x, indices}, {ir::apply(gather_op, GatherAttributes{axis, 1, mode}, {x, indices})}};
            const std::vector<Array> in{evaluate(counted(x.shape(), dtype)), array(indices.spec(), numbers)};
            EXPECT_EQ(run_lowering(graph, in, 3)[0].bytes, evaluate(graph, in)[0].bytes);
          }
}

TEST(Gather, NdLoweringEqualsReference) {
  const Value x = ir::parameter({int32, {5, 6, 7, 3}}), indices = ir::parameter({int32, {9, 2}});
  const ir::Graph graph{{x, indices}, {gather_nd(x, indices, 1)}};
  const std::vector<Array> in{evaluate(counted(x.shape(), int32)),
                              array(indices.spec(), {0, 0, 5, 6, -1, -7, 6, 0, 2, 3, 2, 3, 0, 7, 1, -8, 4, 4})};
  EXPECT_EQ(run_lowering(graph, in)[0].bytes, evaluate(graph, in)[0].bytes);
}

TEST(Gather, Gradient) {
  for (OutOfRange mode : {OutOfRange::zero, OutOfRange::clip})
    for (int axis : {0, 1}) {
      const Value x = ir::parameter({float64, {3, 4}}), indices = ir::parameter({int32, {5}});
      expect_finite_differences({{x, indices}, {gather(square(x), indices, axis, mode)}},
                                {evaluate(counted({3, 4}, float64)), array(indices.spec(), {2, 0, 2, -1, 9})});
    }
}

TEST(TakeAlongAxis, IsNumpys) {
  auto along = [](int axis) { return [axis](auto& a, auto& i) { return take_along_axis(a, i, axis); }; };
  EXPECT_EQ(with_indices(counted({2, 3}), {2, 1}, {2, -3}, along(1)).values(), (Values{2, 3}));
  EXPECT_EQ(with_indices(counted({2, 3}), {1, 3}, {1, 0, -1}, along(0)).values(), (Values{3, 1, 5}));
  EXPECT_TRUE(std::isnan(with_indices(counted({2, 3}), {1, 3}, {2, 0, 0}, along(0))[0]));
  EXPECT_EQ(with_indices(counted({2, 3}), {1, 1}, {2}, along(1)).values(), (Values{2, 5}));
  EXPECT_THROW(with_indices(counted({2, 3}), {1}, {2}, along(1)), ValueError);
}

TEST(TakeAlongAxis, LoweringsEqualReferences) {
  for (DType dtype : {float32, float16, int8, bool_})
    for (int axis : {0, 1, 2}) {
      Shape shape{7, 19, 23}, places = shape;
      places[axis] = 31;
      Values numbers;
      for (int64_t i = 0; i < places.elements(); ++i) numbers.push_back((i * 7919) % 29 - 9);
      const Value x = ir::parameter({dtype, shape}), indices = ir::parameter({int32, places}),
                  updates = ir::parameter({dtype, places});
      const std::vector<Array> in{evaluate(counted(shape, dtype)), array(indices.spec(), numbers),
                                  evaluate(counted(places, dtype))};
      const ir::Graph take{{x, indices}, {take_along_axis(x, indices, axis)}};
      EXPECT_EQ(run_lowering(take, {in[0], in[1]}, 3)[0].bytes, evaluate(take, {in[0], in[1]})[0].bytes);
      const ir::Graph add{{x, indices, updates}, {add_along_axis(x, indices, updates, axis)}};
      for (int threads : {1, 2, 5}) EXPECT_EQ(run_lowering(add, in, threads)[0].bytes, evaluate(add, in)[0].bytes);
    }
}

TEST(TakeAlongAxis, Gradients) {
  const Value x = ir::parameter({float64, {3, 2}}), u = ir::parameter({float64, {3, 3}}),
              indices = ir::parameter({int32, {3, 3}});
  const std::vector<Array> in{evaluate(counted({3, 2}, float64)), evaluate(counted({3, 3}, float64)),
                              array(indices.spec(), {0, 0, 1, -1, -1, 0, 1, 1, 1})};
  expect_finite_differences({{x, u, indices}, {square(take_along_axis(x, indices, 1))}}, in);
  const std::vector<Array> outside{in[0], in[1], array(indices.spec(), {0, 0, 1, -1, 9, 0, 1, -3, 1})};
  expect_finite_differences({{x, u, indices}, {square(add_along_axis(x, indices, u, 1))}}, outside);
}

}  // namespace
}  // namespace cornu::ops

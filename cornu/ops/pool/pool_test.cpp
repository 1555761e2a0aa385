#include "cornu/ops/pool/pool.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "cornu/ops/pool/geometry.h"
#include "tests/lowering_harness.h"
#include "tests/ops/op_samples.h"

namespace cornu::ops {
namespace {

using ir::parameter;
using ir::Value;
using testing::as_doubles;
using testing::evaluate;
using testing::expect_gradients_match;
using testing::expect_lowerings_match;
using testing::Sample;

const PoolAttributes kLine{{2}, {2}, {0}, {0}}, kPadded{{3}, {2}, {1}, {1}}, kPlane{{2, 3}, {1, 2}, {0, 0}, {0, 0}},
    kSolid{{2, 2, 1}, {1, 2, 1}, {0, 0, 0}, {0, 0, 0}}, kLarge{{20, 13}, {1, 1}, {0, 0}, {0, 0}};

Sample forward(const ir::OpDef& op, const PoolAttributes& a, const Shape& input) {
  return {op, ir::Attributes::of(a), {{input}}};
}
Sample backward(PoolAttributes a, const Shape& output, std::vector<int64_t> extents) {
  a.extents = std::move(extents);
  return {average_pool_gradient_op, ir::Attributes::of(a), {{output}}};
}
// The index names an element of the window: uint8, or int32 for many.
Sample spread(PoolAttributes a, const Shape& output, std::vector<int64_t> extents, double elements, DType index = uint8) {
  a.extents = std::move(extents);
  return {max_pool_gradient_op, ir::Attributes::of(a), {{output}, {output, 0, elements, index}}};
}
Sample picked(const PoolAttributes& a, const Shape& input, const Shape& output, double elements, DType index = uint8) {
  return {max_pool_pick_op, ir::Attributes::of(a), {{input}, {output, 0, elements, index}}};
}

CORNU_SAMPLES({
    forward(max_pool_op, kLine, {2, 5, 3}),
    forward(max_pool_op, kPadded, {1, 6, 2}),
    forward(max_pool_op, kPlane, {1, 3, 5, 2}),
    forward(max_pool_op, kSolid, {1, 2, 4, 2, 3}),
    forward(max_pool_op, kLarge, {1, 20, 14, 1}),
    forward(average_pool_op, kLine, {2, 5, 3}),
    forward(average_pool_op, kPadded, {1, 6, 2}),
    forward(average_pool_op, kPlane, {1, 3, 5, 2}),
    forward(average_pool_op, kSolid, {1, 2, 4, 2, 3}),
    backward(kLine, {2, 2, 3}, {5}),
    backward(kPadded, {1, 3, 2}, {6}),
    backward(kPlane, {1, 2, 2, 2}, {3, 5}),
    backward(kSolid, {1, 1, 2, 2, 3}, {2, 4, 2}),
    spread(kLine, {2, 2, 3}, {5}, 2),
    spread(kPlane, {1, 2, 2, 2}, {3, 5}, 6),
    spread(kLarge, {1, 1, 2, 1}, {20, 14}, 260, int32),
    picked(kLine, {2, 5, 3}, {2, 2, 3}, 2),
    picked(kPlane, {1, 3, 5, 2}, {1, 2, 2, 2}, 6),
    picked(kLarge, {1, 20, 14, 1}, {1, 1, 2, 1}, 260, int32),
})

Value f32(Shape shape) { return parameter({float32, std::move(shape)}); }
Value f64(Shape shape) { return parameter({float64, std::move(shape)}); }

std::vector<testing::Bytes> numbers(const std::vector<float>& values) {
  const auto* from = reinterpret_cast<const std::byte*>(values.data());
  return {{from, from + values.size() * sizeof(float)}};
}

TEST(Pool, ReferencePools) {
  using Numbers = std::vector<double>;
  const Value x = f32({1, 5, 1});
  const auto in = numbers({3, 1, 2, 2, 5});
  auto run = [&](const Value& v) { return as_doubles(v.spec(), evaluate({x}, in, {v})[0]); };
  EXPECT_EQ(run(max_pool(x, {2})), (Numbers{3, 2}));
  EXPECT_EQ(run(max_pool(x, {2}, {.padding = "same"})), (Numbers{3, 2, 5}));
  EXPECT_EQ(run(max_pool(x, {3}, {.strides = {1}})), (Numbers{3, 2, 5}));
  EXPECT_EQ(run(Value(&max_pool(x, {3}, {.strides = {1}}).node(), 1)), (Numbers{0, 1, 2}));  // the first of equal ones
  EXPECT_EQ(run(average_pool(x, {2}, {.padding = "same"})), (Numbers{2, 2, 5}));             // padding does not count
  EXPECT_EQ(run(average_pool(x, {3}, {.strides = {2}, .padding = "same"})), (Numbers{2, 5 / 3.f, 3.5}));
}

TEST(Pool, NegativeNumbersAndNanSurvivePadding) {
  const float nan = std::nanf(""), inf = std::numeric_limits<float>::infinity();
  const Value x = f32({1, 5, 1}), y = max_pool(x, {2}, {.padding = "same"});
  const auto in = numbers({-1, nan, -inf, -inf, -7});
  for (const auto& bytes : {evaluate({x}, in, {y})[0]}) {
    const auto out = as_doubles(y.spec(), bytes);
    EXPECT_TRUE(std::isnan(out[0]));
    EXPECT_EQ(out[1], -inf);
    EXPECT_EQ(out[2], -7);
  }
  // The same by the loops, on enough channels for vectors.
  const Value wide = f32({1, 5, 35});
  std::vector<float> values;
  for (float v : {-1.f, nan, -inf, -inf, -7.f}) values.insert(values.end(), 35, v);
  const Value pooled = max_pool(wide, {2}, {.padding = "same"});
  std::vector<float> result(3 * 35);
  std::vector<uint8_t> index(3 * 35);
  const ir::Offer offer{pooled.node(), {}};
  void* operands[] = {values.data(), result.data(), index.data()};
  max_pool_cpu_lowerings()[0].lower(offer, 0, {Target::host(), nullptr}).kernel->run({operands, nullptr, nullptr, nullptr, 1});
  for (int c = 0; c < 35; ++c) {
    EXPECT_TRUE(std::isnan(result[c]));
    EXPECT_EQ(index[c], 1);
    EXPECT_EQ(result[35 + c], -inf);
    EXPECT_EQ(index[35 + c], 0);
    EXPECT_EQ(result[70 + c], -7);
  }
}

TEST(Pool, Shapes) {
  EXPECT_EQ(max_pool(f32({2, 7, 9, 3}), {2, 3}).shape(), Shape({2, 3, 3, 3}));
  EXPECT_EQ(max_pool(f32({2, 7, 9, 3}), {2}, {.padding = "same"}).shape(), Shape({2, 4, 5, 3}));
  EXPECT_EQ(average_pool(f32({2, 7, 3}), {3}, {.strides = {1}}).shape(), Shape({2, 5, 3}));
  EXPECT_EQ(max_pool(f32({1, 20, 20, 1}), {16}, {.strides = {1}})->specs()[1].dtype, int32);
  EXPECT_EQ(max_pool(f32({1, 20, 20, 1}), {15}, {.strides = {1}})->specs()[1].dtype, uint8);
  EXPECT_THROW(max_pool(f32({2, 1, 3}), {2}), ValueError);
  EXPECT_THROW(max_pool(f32({2, 3}), {2}), ValueError);
  EXPECT_THROW(max_pool(f32({2, 4, 4, 3}), {2, 2, 2}), ValueError);
  EXPECT_THROW(max_pool(f32({2, 4, 3}), {2}, {.padding = "causal"}), ValueError);
  EXPECT_THROW(average_pool(parameter({int32, {2, 4, 3}}), {2}), TypeError);
  const ir::Spec in[] = {{float32, {Shape::kUnknown, Shape::kUnknown, 8, 3}}};
  EXPECT_EQ(max_pool_op.infer(ir::Attributes::of(PoolAttributes{{2, 2}, {2, 2}, {0, 0}, {0, 0}}), in)[0].shape,
            Shape({Shape::kUnknown, Shape::kUnknown, 4, 3}));
}

struct Case {
  Shape x;
  std::vector<int64_t> window;
  PoolArgs args;
};

TEST(Pool, LoweringsMatchTheReference) {
  for (const Case& c : std::vector<Case>{{{3, 26, 26, 32}, {2}, {}},
                                         {{3, 11, 11, 64}, {2}, {}},
                                         {{2, 11, 11, 24}, {2}, {.padding = "same"}},
                                         {{2, 9, 8, 19}, {3, 2}, {.strides = {2}, .padding = "same"}},
                                         {{2, 9, 8, 3}, {3}, {.strides = {1}}},
                                         {{2, 13, 5}, {2}, {.strides = {3}, .padding = "same"}},
                                         {{1, 5, 6, 7, 20}, {2, 3, 2}, {.strides = {1, 2, 2}, .padding = "same"}},
                                         {{1, 18, 18, 17}, {16}, {.strides = {1}}},
                                         {{2, 80, 80, 16}, {2}, {}}})
    for (DType dtype : {float32, float64, float16, bfloat16}) {
      const Value x = parameter({dtype, c.x}), y = max_pool(x, c.window, c.args), mean = average_pool(x, c.window, c.args);
      const double tolerance = dtype == bfloat16 ? 8e-3 : dtype == float16 ? 1e-3 : dtype == float64 ? 1e-14 : 5e-7;
      EXPECT_EQ(expect_lowerings_match({x}, y.node(), {}, 0).size(), 1u);
      EXPECT_EQ(expect_lowerings_match({x}, mean.node(), {}, tolerance).size(), 1u);
      const Value grad = parameter(y.spec()), index(&y.node(), 1);
      const auto max_gradient =
          max_pool_op.vjp({y.node(), y->operands(), ir::outputs_of(y.node()), std::vector{grad, Value()}})[0];
      const auto average_gradient = average_pool_op.vjp({mean.node(), mean->operands(), std::vector{mean}, std::vector{grad}})[0];
      const Value picked = ir::make_node(max_pool_pick_op, y->attributes(), {x, index})[0];
      EXPECT_EQ(expect_lowerings_match({x, grad}, max_gradient.node(), {}, tolerance).size(), 1u);
      EXPECT_EQ(expect_lowerings_match({x}, picked.node(), {}, tolerance).size(), 1u);
      EXPECT_EQ(expect_lowerings_match({x, grad}, average_gradient.node(), {}, tolerance).size(), 1u);
      if (HasFatalFailure()) return;
    }
}

TEST(Pool, GradientsMatchFiniteDifferences) {
  for (const PoolArgs& args : std::vector<PoolArgs>{{.padding = "same"}, {.strides = {1}}, {.strides = {3}}}) {
    const Shape x{2, 5, 4, 3};
    expect_gradients_match([&](const std::vector<Value>& v) { return max_pool(v[0], {2}, args); }, {x});
    expect_gradients_match([&](const std::vector<Value>& v) { return average_pool(v[0], {2}, args); }, {x});
    const Value y = average_pool(f64(x), {2}, args);
    auto p = y->attributes<PoolAttributes>();
    p.extents = {5, 4};
    expect_gradients_match([&](const std::vector<Value>& v) { return ir::apply(average_pool_gradient_op, p, {v[0]}); },
                           {y.shape()});
  }
}

// Both are linear in their first operand and each other's transposes: <gradient(a), b> = <a, pick(b)>.
TEST(Pool, PickIsTheTransposeOfTheGradient) {
  const Value x = f64({2, 5, 6, 3}), y = max_pool(x, {3}, {.strides = {2}, .padding = "same"}), index(&y.node(), 1);
  auto p = y->attributes<PoolAttributes>();
  p.extents = {5, 6};
  const Value a = f64(y.shape()), b = f64(x.shape());
  const Value gradient = ir::apply(max_pool_gradient_op, p, {a, index});
  const Value picked =
      max_pool_gradient_op.vjp({gradient.node(), gradient->operands(), std::vector{gradient}, std::vector{b}})[0];
  ASSERT_EQ(&picked->op(), &max_pool_pick_op);
  const std::vector<Value> parameters{x, a, b};
  const auto in = testing::random_bytes(parameters);
  const auto out = evaluate(parameters, in, {gradient, picked});
  auto dot = [](const std::vector<double>& u, const std::vector<double>& v) {
    double sum = 0;
    for (std::size_t i = 0; i < u.size(); ++i) sum += u[i] * v[i];
    return sum;
  };
  EXPECT_NEAR(dot(as_doubles(b.spec(), out[0]), as_doubles(b.spec(), in[2])),
              dot(as_doubles(a.spec(), out[1]), as_doubles(a.spec(), in[1])), 1e-12);
  const Value again = max_pool_pick_op.vjp({picked.node(), picked->operands(), std::vector{picked}, std::vector{a}})[0];
  EXPECT_EQ(&again->op(), &max_pool_gradient_op);
  EXPECT_EQ(again.shape(), x.shape());
}

}  // namespace
}  // namespace cornu::ops

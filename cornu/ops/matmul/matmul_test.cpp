#include "cornu/ops/matmul/matmul.h"

#include "cornu/ops/view/view.h"
#include "tests/lowering_harness.h"
#include "tests/ops/op_samples.h"

namespace cornu::ops {
namespace {

using ir::parameter;
using ir::Value;
using testing::evaluate;
using testing::expect_gradients_match;
using testing::expect_lowerings_match;

testing::Sample product(const Shape& a, const Shape& b, bool transpose_a = false, bool transpose_b = false) {
  return {matmul_op, ir::Attributes::of(MatmulAttributes{transpose_a, transpose_b}), {{a}, {b}}};
}

CORNU_SAMPLES({
    product({3, 4}, {4, 5}),
    product({4, 3}, {4, 5}, true),
    product({3, 4}, {5, 4}, false, true),
    product({4, 3}, {5, 4}, true, true),
    product({1, 4}, {4, 5}),
    product({2, 3, 4}, {2, 4, 5}),
    product({2, 4, 3}, {2, 5, 4}, true, true),
    product({2, 3, 4}, {4, 5}),
    product({17, 18}, {18, 19}),  // too much for the lowering of small products
    product({3, 0}, {0, 5}),
})

bool ran(const std::vector<testing::LoweringRun>& runs, std::string_view name, int takes = -1) {
  return std::any_of(runs.begin(), runs.end(),
                     [&](const auto& r) { return r.lowering == name && (takes < 0 || r.takes == takes); });
}

template <class T>
testing::Bytes bytes_of(std::vector<T> values) {
  const auto* from = reinterpret_cast<const std::byte*>(values.data());
  return {from, from + values.size() * sizeof(T)};
}

TEST(Matmul, ReferenceMultiplies) {
  const Value a = parameter({float32, {2, 3}}), b = parameter({float32, {3, 2}});
  const std::vector<testing::Bytes> in{bytes_of<float>({1, 2, 3, 4, 5, 6}), bytes_of<float>({1, 0, 0, 1, 10, 100})};
  EXPECT_EQ(evaluate({a, b}, in, {matmul(a, b)})[0], bytes_of<float>({31, 302, 64, 605}));
  const Value c = parameter({float32, {2, 3}});  // the same numbers as b's, as if transposed
  EXPECT_EQ(evaluate({a, c}, in, {matmul(a, c, false, true)})[0], bytes_of<float>({1, 321, 4, 654}));
}

TEST(Matmul, ShapesFollowNumpy) {
  auto shape = [](Shape a, Shape b) { return matmul(parameter({float32, a}), parameter({float32, b})).shape(); };
  EXPECT_EQ(shape({3}, {3}), Shape({}));
  EXPECT_EQ(shape({3}, {3, 5}), Shape({5}));
  EXPECT_EQ(shape({2, 3}, {3}), Shape({2}));
  EXPECT_EQ(shape({4, 2, 3}, {3, 5}), Shape({4, 2, 5}));
  EXPECT_EQ(shape({2, 3}, {4, 3, 5}), Shape({4, 2, 5}));
  EXPECT_EQ(shape({7, 1, 2, 3}, {4, 3, 5}), Shape({7, 4, 2, 5}));
  EXPECT_EQ(shape({3}, {4, 3, 5}), Shape({4, 5}));
  EXPECT_EQ(shape({4, 2, 3}, {3}), Shape({4, 2}));
  EXPECT_THROW(shape({2, 3}, {2, 3}), ValueError);
  EXPECT_THROW(shape({2, 2, 3}, {3, 3, 5}), ValueError);
  EXPECT_THROW(shape({}, {3}), ValueError);
  EXPECT_THROW(matmul(parameter({float32, {2, 2}}), parameter({float64, {2, 2}})), TypeError);
}

TEST(Matmul, RuleAcceptsUnknownDims) {
  const ir::Spec a{float32, {Shape::kUnknown, 4}}, b{float32, {4, 5}};
  const ir::Spec in[] = {a, b};
  EXPECT_EQ(matmul_op.infer(ir::Attributes::of(MatmulAttributes{}), in)[0].shape, Shape({Shape::kUnknown, 5}));
}

TEST(Matmul, IntegersWrapAndInt8Widens) {
  const Value a = parameter({int8, {1, 2}}), b = parameter({int8, {2, 1}});
  EXPECT_EQ(evaluate({a, b}, {bytes_of<int8_t>({100, 100}), bytes_of<int8_t>({100, 100})}, {matmul(a, b)})[0],
            bytes_of<int32_t>({20000}));
  const Value c = parameter({uint8, {1, 1}});
  EXPECT_EQ(evaluate({c}, {bytes_of<uint8_t>({20})}, {matmul(c, c)})[0], bytes_of<uint8_t>({144}));
  const Value d = parameter({bool_, {2, 2}});
  EXPECT_EQ(evaluate({d}, {bytes_of<uint8_t>({1, 1, 0, 0})}, {matmul(d, d)})[0], bytes_of<uint8_t>({1, 1, 0, 0}));
}

TEST(Matmul, LoweringsMatchTheReference) {
  struct Case {
    Shape a, b;
    bool transpose_a = false, transpose_b = false;
  };
  for (const Case& c : std::vector<Case>{{{32, 784}, {784, 128}},
                                         {{32, 784}, {32, 128}, true},
                                         {{32, 128}, {784, 128}, false, true},
                                         {{32, 128}, {128, 10}},
                                         {{1, 784}, {784, 128}},
                                         {{1, 70}, {70, 201}},
                                         {{5, 1}, {1, 3}},
                                         {{1, 1}, {1, 1}},
                                         {{130, 17}, {17, 33}},
                                         {{17, 130}, {33, 17}, true, true},
                                         {{3, 7, 9}, {3, 9, 11}},
                                         {{3, 9, 7}, {3, 11, 9}, true, true},
                                         {{2, 3, 7, 9}, {9, 5}},
                                         {{2, 3, 7, 9}, {5, 9}, false, true},
                                         {{4, 0}, {0, 3}},
                                         {{300, 900}, {900, 130}}}) {
    for (DType dtype : {float32, float64, float16, bfloat16}) {
      const Value a = parameter({dtype, c.a}), b = parameter({dtype, c.b});
      const Value y = matmul(a, b, c.transpose_a, c.transpose_b);
      const double tolerance = dtype == bfloat16 ? 8e-3 : dtype == float16 ? 1e-3 : dtype == float64 ? 1e-14 : 2e-6;
      const auto runs = expect_lowerings_match({a, b}, y.node(), {}, tolerance);
      if (HasFatalFailure()) return;
      EXPECT_TRUE(!runs.empty() || c.a.elements() == 0) << to_string(c.a) << dtype;
    }
  }
}

TEST(Matmul, Int8RunsOnOnednn) {
  const Value a = parameter({int8, {9, 70}}), b = parameter({int8, {70, 33}});
  expect_lowerings_match({a, b}, matmul(a, b).node(), {}, 0);
}

TEST(Matmul, EveryLoweringTakesBiasAndRelu) {
  for (const auto& [sa, sb] : std::vector<std::pair<Shape, Shape>>{{{32, 784}, {784, 128}},
                                                                   {{32, 128}, {128, 10}},
                                                                   {{2, 50, 64}, {64, 48}},
                                                                   {{3, 50, 64}, {3, 64, 48}},
                                                                   {{1, 784}, {784, 128}},
                                                                   {{4, 30}, {30, 20}}}) {
    const Value a = parameter({float32, sa}), b = parameter({float32, sb});
    const Value y = matmul(a, b);
    const Value bias = parameter({float32, {sb[-1]}}), residual = parameter({float32, y.shape()});
    const Value biased = add(y, broadcast_to(bias, y.shape()));
    const Value active = relu(biased);
    auto runs = expect_lowerings_match({a, b, bias}, y.node(), {biased, active});
    if (HasFatalFailure()) return;
    EXPECT_TRUE(ran(runs, "onednn", 2));
    EXPECT_TRUE(ran(runs, "vector", 2));
    EXPECT_EQ(ran(runs, "small", 2), sa == Shape({1, 784}) || sa == Shape({4, 30}));
    const Value added = add(residual, y);
    runs = expect_lowerings_match({a, b, bias, residual}, y.node(), {added, relu(added)});
    if (HasFatalFailure()) return;
    const int takes = sa[0] == 1 && sa.rank() == 2 ? 2 : 0;  // a residual of one row is a bias
    EXPECT_TRUE(ran(runs, "onednn", takes));
    EXPECT_TRUE(ran(runs, "vector", takes));
  }
}

TEST(Matmul, EpilogueInputIsTheBiasItself) {
  const Value a = parameter({float32, {32, 64}}), b = parameter({float32, {64, 128}}), bias = parameter({float32, {128}});
  const Value y = matmul(a, b), biased = add(y, broadcast_to(bias, y.shape()));
  std::vector<ir::Node*> epilogue{&biased.node()};
  const ir::Offer offer{y.node(), epilogue};
  for (const auto& lowering : matmul_cpu_lowerings()) {
    if (lowering.supports(offer, Target::host()).takes == 0) continue;
    EXPECT_EQ(lowering.lower(offer, 1, {Target::host(), nullptr}).inputs, (std::vector<Value>{a, b, bias})) << lowering.name;
  }
  // y + y is no bias.
  const Value twice = add(y, y);
  std::vector<ir::Node*> doubled{&twice.node()};
  for (const auto& lowering : matmul_cpu_lowerings())
    EXPECT_EQ(lowering.supports({y.node(), doubled}, Target::host()).takes, 0) << lowering.name;
}

TEST(Matmul, GradientsMatchFiniteDifferences) {
  for (bool ta : {false, true})
    for (bool tb : {false, true}) {
      auto f = [&](const std::vector<Value>& v) { return ir::apply(matmul_op, MatmulAttributes{ta, tb}, {v[0], v[1]}); };
      expect_gradients_match(f, {ta ? Shape{4, 3} : Shape{3, 4}, tb ? Shape{2, 4} : Shape{4, 2}});
      expect_gradients_match(f, {ta ? Shape{2, 4, 3} : Shape{2, 3, 4}, tb ? Shape{2, 2, 4} : Shape{2, 4, 2}});
      if (!ta) expect_gradients_match(f, {{2, 2, 3, 4}, tb ? Shape{2, 4} : Shape{4, 2}});
    }
}

}  // namespace
}  // namespace cornu::ops

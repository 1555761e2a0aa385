#include "cornu/ops/scatter/scatter.h"

#include <gtest/gtest.h>

#include <cmath>

#include "cornu/autodiff/gradient.h"
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
using Values = std::vector<double>;
using enum ScatterReduction;
constexpr ScatterReduction kReductions[] = {set, add, mul, max, min};

cornu::testing::Sample writing(ScatterReduction reduction, const Shape& base, const Shape& indices, const Shape& updates,
                               int axis = 0, OutOfRange mode = OutOfRange::fill, DType index = int32) {
  const int depth = int(indices[-1]);
  const double n = double(base[axis]) + 1;  // some are out of range
  return {scatter_op,
          ir::Attributes::of(ScatterAttributes{axis, depth, mode, reduction}),
          {{base}, {indices, -n, n, index}, {updates, 0.5, 3}}};
}

CORNU_SAMPLES({
    writing(set, {4, 3}, {6, 1}, {6, 3}),
    writing(add, {4, 3}, {6, 1}, {6, 3}),
    writing(mul, {4, 3}, {6, 1}, {6, 3}),
    writing(max, {4, 3}, {6, 1}, {6, 3}),
    writing(min, {4, 3}, {6, 1}, {6, 3}),
    writing(add, {2, 4, 3}, {5, 1}, {2, 5, 3}, 1, OutOfRange::clip, int64),
    writing(add, {3, 3, 2}, {5, 2}, {5, 2}),
    writing(set, {5}, {2, 2, 1}, {2, 2}, 0, OutOfRange::zero),
})

Value counted(const Shape& shape, DType dtype = float32) { return reshape(iota(dtype, {shape.elements()}, 0), shape); }

Array updated(ScatterReduction reduction, const Values& base, const Values& indices, const Values& updates) {
  const Value b = ir::parameter({float32, {int64_t(base.size())}}), i = ir::parameter({int32, {int64_t(indices.size()), 1}}),
              u = ir::parameter({float32, {int64_t(updates.size())}});
  return evaluate({{b, i, u}, {scatter_nd(b, i, u, reduction)}},
                  {array(b.spec(), base), array(i.spec(), indices), array(u.spec(), updates)})[0];
}

// Numbers from keras.ops.scatter_update on JAX.
TEST(Scatter, ReducesInOrder) {
  EXPECT_EQ(updated(set, {1, 2}, {0, 0, 7, -1}, {5, 6, 7, 8}).values(), (Values{6, 8}));
  EXPECT_EQ(updated(add, {1, 2}, {0, 0, 7, -1}, {5, 6, 7, 8}).values(), (Values{12, 10}));
  EXPECT_EQ(updated(mul, {1, 2}, {0, 0, -3}, {5, 6, 7}).values(), (Values{30, 2}));
  EXPECT_EQ(updated(max, {1, 9}, {0, 0, 1}, {5, 4, 7}).values(), (Values{5, 9}));
  EXPECT_EQ(updated(min, {1, 9}, {0, 0, 1}, {5, 4, 7}).values(), (Values{1, 7}));
  EXPECT_TRUE(std::isnan(updated(max, {1}, {0, 0}, {NAN, 5})[0]));
}

TEST(Scatter, OfKeras) {
  const Value indices = ir::parameter({int32, {3, 2}});
  const Array out =
      evaluate({{indices}, {scatter(indices, counted({3, 2}), {2, 2, 2})}}, {array(indices.spec(), {0, 1, 1, 0, 0, -1})})[0];
  EXPECT_EQ(out.values(), (Values{0, 0, 4, 6, 2, 3, 0, 0}));
  EXPECT_THROW(scatter(indices, counted({3, 3}), {2, 2, 2}), ValueError);
  EXPECT_THROW(scatter(indices, counted({3}), {2}), ValueError);
}

TEST(Scatter, SegmentsDropWhatIsOutside) {
  const Value ids = ir::parameter({int32, {5}});
  auto reduced = [&](ScatterReduction reduction, DType dtype) {
    return evaluate({{ids}, {segment_reduce(ops::cast(counted({5}), dtype), ids, 3, reduction)}},
                    {array(ids.spec(), {0, -1, 2, 5, 2})})[0]
        .values();
  };
  EXPECT_EQ(reduced(add, float32), (Values{0, 0, 6}));
  EXPECT_EQ(reduced(max, float32), (Values{0, -INFINITY, 4}));
  EXPECT_EQ(reduced(min, int8), (Values{0, 127, 2}));
  EXPECT_EQ(reduced(mul, float32), (Values{0, 1, 8}));
}

TEST(Scatter, LoweringEqualsReference) {
  for (DType dtype : {float32, bfloat16, uint16, bool_})
    for (ScatterReduction reduction : kReductions)
      for (int axis : {0, 1, 2})
        for (int64_t inner : {1, 70}) {
          const Value x = ir::parameter({dtype, {5, 9, inner}}), indices = ir::parameter({int64, {300, 1}});
          Shape wide = x.shape();
          wide[axis] = 300;
          const Value u = ir::parameter({dtype, wide});
          Values numbers, updates;
          for (int i = 0; i < 300; ++i) numbers.push_back((i * 7919) % 23 - 11);
          for (int64_t i = 0; i < wide.elements(); ++i) updates.push_back(double((i * 31) % 17) / 8);
          const std::vector<Array> in{evaluate(counted(x.shape(), dtype)), array(indices.spec(), numbers),
                                      array(u.spec(), updates)};
          for (OutOfRange mode : {OutOfRange::fill, OutOfRange::clip}) {
            const ir::Graph graph{{x, indices, u},
                                  {ir::apply(scatter_op, ScatterAttributes{axis, 1, mode, reduction}, {x, indices, u})}};
            for (int threads : {1, 2, 4}) EXPECT_EQ(run_lowering(graph, in, threads)[0].bytes, evaluate(graph, in)[0].bytes);
          }
        }
}

TEST(Scatter, FillsAConstantBase) {
  const Value indices = ir::parameter({int32, {2}});
  const ir::Graph graph{{indices}, {scatter_add(ir::constant(2, float16, {3, 2}), indices, ir::constant(1, float16, {2, 2}), 0)}};
  EXPECT_EQ(run_lowering(graph, {array(indices.spec(), {1, 1})})[0].values(), (Values{2, 2, 4, 4, 2, 2}));
  const ir::Graph empty{{indices}, {scatter_add(ir::constant(2, float16, {0, 2}), indices, ir::constant(1, float16, {2, 2}), 0)}};
  EXPECT_TRUE(run_lowering(empty, {array(indices.spec(), {1, 1})})[0].bytes.empty());
}

TEST(Scatter, Gradients) {
  for (ScatterReduction reduction : kReductions) {
    SCOPED_TRACE(int(reduction));
    const Value b = ir::parameter({float64, {2, 4, 2}}), i = ir::parameter({int32, {5, 1}}),
                u = ir::parameter({float64, {2, 5, 2}});
    Values numbers;
    for (int k = 0; k < 20; ++k) numbers.push_back(double((k * 7) % 20) - 9.7);
    expect_finite_differences(
        {{b, i, u}, {square(ir::apply(scatter_op, ScatterAttributes{1, 1, OutOfRange::fill, reduction}, {b, i, u}))}},
        {evaluate(counted({2, 4, 2}, float64) - 4.3), array(i.spec(), {0, 2, 0, 9, -1}), array(u.spec(), numbers)});
  }
}

// jax.grad of x.at[[0, 0, 1]].max([5, 5, 3]) for x = [1, 3].
TEST(Scatter, WinnersShareTheGradient) {
  const Value b = ir::parameter({float32, {2}}), i = ir::parameter({int32, {3, 1}}), u = ir::parameter({float32, {3}});
  const Value out = scatter_nd(b, i, u, max);
  const auto grads = autodiff::gradients(std::vector{out}, std::vector{ones_like(out)}, std::vector{b, u});
  const auto found =
      evaluate({{b, i, u}, grads}, {array(b.spec(), {1, 3}), array(i.spec(), {0, 0, 1}), array(u.spec(), {5, 5, 3})});
  EXPECT_EQ(found[0].values(), (Values{0, 0.5}));
  EXPECT_EQ(found[1].values(), (Values{0.5, 0.5, 0.5}));
}

}  // namespace
}  // namespace cornu::ops

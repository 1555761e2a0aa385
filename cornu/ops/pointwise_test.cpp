#include "cornu/ops/pointwise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cornu/autodiff/gradient.h"
#include "tests/ops/op_samples.h"

namespace cornu::ops {
namespace {

using cornu::testing::array;
using cornu::testing::evaluate;
using cornu::testing::Sample;
using ir::Attributes;
using Values = std::vector<double>;

const Shape kShape{2, 3};

Sample one(const OpDef& op, double low = -2, double high = 2) { return {op, {}, {{kShape, low, high}}}; }
Sample two(const OpDef& op, double low = -2, double high = 2) { return {op, {}, {{kShape, -2, 2}, {kShape, low, high}}}; }
Sample casting(DType to, double low = -2, double high = 2) {
  return {cast_op, Attributes::of(CastAttributes{to}), {{kShape, low, high}}};
}

CORNU_SAMPLES({
    one(neg_op),
    one(abs_op),
    one(sign_op),
    one(square_op),
    one(sqrt_op, 0.1, 3),
    one(rsqrt_op, 0.1, 3),
    one(reciprocal_op, 0.5, 3),
    one(exp_op),
    one(exp2_op),
    one(expm1_op),
    one(log_op, 0.1, 3),
    one(log1p_op, -0.5, 3),
    one(log2_op, 0.1, 3),
    one(log10_op, 0.1, 3),
    one(sin_op),
    one(cos_op),
    one(tan_op, -1, 1),
    one(asin_op, -0.9, 0.9),
    one(acos_op, -0.9, 0.9),
    one(atan_op),
    one(sinh_op),
    one(cosh_op),
    one(tanh_op),
    one(asinh_op),
    one(acosh_op, 1.2, 3),
    one(atanh_op, -0.9, 0.9),
    one(erf_op),
    one(erfc_op),
    one(erf_inv_op, -0.9, 0.9),
    one(lgamma_op, 0.5, 3),
    one(digamma_op, 0.5, 3),
    one(sigmoid_op),
    one(relu_op),
    one(floor_op),
    one(ceil_op),
    one(round_op),
    one(trunc_op),
    one(is_nan_op),
    one(is_inf_op),
    one(is_finite_op),
    one(logical_not_op),
    one(bitwise_not_op),
    {stop_gradient_op, {}, {{kShape}}, false},
    two(add_op),
    two(sub_op),
    two(mul_op),
    two(div_op, 0.5, 2),
    two(floor_divide_op, 0.5, 2),
    two(mod_op, 0.5, 2),
    two(mod_op, -2, -0.5),
    two(fmod_op, 0.5, 2),
    {pow_op, {}, {{kShape, 0.5, 3}, {kShape, 0, 3}}},
    two(maximum_op),
    two(minimum_op),
    two(arctan2_op),
    {gammainc_op, {}, {{kShape, 0.5, 3}, {kShape, 0.5, 3}}, false},
    {gammainc_grad_a_op, {}, {{kShape, 0.5, 3}, {kShape, 0.5, 3}}},
    two(logaddexp_op),
    two(equal_op),
    two(not_equal_op),
    two(less_op),
    two(less_equal_op),
    two(greater_op),
    two(greater_equal_op),
    two(logical_and_op),
    two(logical_or_op),
    two(logical_xor_op),
    two(bitwise_and_op),
    two(bitwise_or_op),
    two(bitwise_xor_op),
    two(shift_left_op, 0, 5),
    two(shift_right_op, 0, 5),
    {select_op, {}, {{kShape, -1, 1, bool_}, {kShape}, {kShape}}},
    {clip_op, {}, {{kShape, -2, 2}, {kShape, -1, -0.5}, {kShape, 0.5, 1}}},
    casting(float64),
    casting(float32),
    casting(int32, -100, 100),
    casting(int8, -100, 100),
    casting(uint64, 0, 100),
    casting(bool_),
})

Value number(double x, DType dtype = float64) { return ir::constant(x, dtype, {}); }
double value_of(const Value& x) { return evaluate(x)[0]; }
double slope(Value (*f)(const Value&), double at) {
  Value x = ir::parameter({float64, {}}), y = f(x);
  const Value grad = autodiff::gradients(std::vector{y}, std::vector{ones_like(y)}, std::vector{x})[0];
  return evaluate({{x}, {grad ? grad : zeros_like(x)}}, {array(x.spec(), {at})})[0][0];
}
Values slopes(Value (*f)(const Value&, const Value&), double at_a, double at_b) {
  Value a = ir::parameter({float64, {}}), b = ir::parameter({float64, {}}), y = f(a, b);
  auto grads = autodiff::gradients(std::vector{y}, std::vector{ones_like(y)}, std::vector{a, b});
  auto out = evaluate({{a, b}, grads}, {array(a.spec(), {at_a}), array(b.spec(), {at_b})});
  return {out[0][0], out[1][0]};
}

TEST(Pointwise, BroadcastsButDoesNotPromote) {
  Value a = ir::parameter({float32, {2, 1}}), b = ir::parameter({float32, {3}});
  EXPECT_EQ((a + b).shape(), (Shape{2, 3}));
  EXPECT_THROW(a + ir::parameter({float64, {3}}), InternalError);
  try {
    add(b, ir::parameter({float32, {4}}));
    FAIL();
  } catch (const ValueError& e) {
    EXPECT_EQ(std::string(e.what()),
              "The operands of `add` cannot be broadcast together: from the right, dims must be equal or 1. Received "
              "shapes: (3,), (4,)");
  }
}

TEST(Pointwise, DivisionRoundsDown) {
  for (DType dtype : {int8, int32, int64, float32}) {
    EXPECT_EQ(value_of(floor_divide(number(-7, dtype), number(2, dtype))), -4) << dtype;
    EXPECT_EQ(value_of(mod(number(-7, dtype), number(2, dtype))), 1);
    EXPECT_EQ(value_of(mod(number(7, dtype), number(-2, dtype))), -1);
    EXPECT_EQ(value_of(fmod(number(-7, dtype), number(2, dtype))), -1);
  }
  EXPECT_EQ(value_of(floor_divide(number(5, int32), number(0, int32))), 0);
  EXPECT_EQ(value_of(mod(number(5, int32), number(0, int32))), 0);
  EXPECT_EQ(value_of(floor_divide(number(7, uint8), number(2, uint8))), 3);
}

TEST(Pointwise, IntegersWrap) {
  EXPECT_EQ(value_of(number(100, int8) + number(100, int8)), -56);
  EXPECT_EQ(value_of(number(1, uint8) - number(2, uint8)), 255);
  EXPECT_EQ(value_of(pow(number(3, int32), number(4, int32))), 81);
  EXPECT_EQ(value_of(pow(number(0, int32), number(0, int32))), 1);
  EXPECT_EQ(value_of(shift_left(number(1, int8), number(9, int8))), 0);
  EXPECT_EQ(value_of(shift_right(number(-128, int8), number(9, int8))), -1);
  EXPECT_EQ(value_of(shift_right(number(200, uint8), number(3, uint8))), 25);
}

TEST(Pointwise, CastSaturatesFloatsAndWrapsIntegers) {
  EXPECT_EQ(value_of(cast(number(300), int8)), 127);
  EXPECT_EQ(value_of(cast(number(-300), int8)), -128);
  EXPECT_EQ(value_of(cast(number(-5), uint8)), 0);
  EXPECT_EQ(value_of(cast(number(-2.7), int32)), -2);
  EXPECT_EQ(value_of(cast(number(std::nan("")), int32)), 0);
  EXPECT_EQ(value_of(cast(number(300, int32), int8)), 44);
  EXPECT_EQ(value_of(cast(number(0.25), bool_)), 1);
}

TEST(Pointwise, NanWins) {
  const Value nan = number(std::nan("")), one = number(1);
  EXPECT_TRUE(std::isnan(value_of(maximum(nan, one))) && std::isnan(value_of(maximum(one, nan))));
  EXPECT_TRUE(std::isnan(value_of(minimum(nan, one))) && std::isnan(value_of(clip(nan, one, one))));
  EXPECT_TRUE(std::isnan(value_of(relu(nan))));
  EXPECT_TRUE(std::isnan(value_of(sign(nan))));
}

TEST(Pointwise, ErfInvInvertsErf) {
  for (double x : {-0.999999999, -0.7, -1e-9, 0.0, 0.3, 0.99, 1 - 1e-15})
    EXPECT_NEAR(std::erf(value_of(erf_inv(number(x)))), x, 1e-15);
  EXPECT_EQ(value_of(erf_inv(number(1))), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(value_of(erf_inv(number(1.5)))));
}

TEST(Pointwise, StableCompositions) {
  EXPECT_EQ(value_of(softplus(number(1000))), 1000);
  EXPECT_EQ(value_of(log_sigmoid(number(-1000))), -1000);
  EXPECT_NEAR(value_of(log_sigmoid(number(3))), std::log(1 / (1 + std::exp(-3.0))), 1e-15);
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(value_of(logaddexp(number(-inf), number(-inf))), -inf);
}

TEST(Pointwise, GradientsAtCorners) {
  EXPECT_EQ(slope(relu, 0), 0);
  EXPECT_EQ(slope(abs, 0), 1);
  EXPECT_EQ(slope(sign, 0.5), 0) << "flat, and no error";
  EXPECT_EQ(slopes(maximum, 2, 2), (Values{0.5, 0.5}));
  EXPECT_EQ(slopes(minimum, 2, 3), (Values{1, 0}));
  EXPECT_EQ(slopes(pow, 0, 0), (Values{0, 0}));
  EXPECT_EQ(slopes(pow, 0, 2), (Values{0, 0}));
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(slopes(logaddexp, -inf, 0), (Values{0, 1}));
}

// Expected: JAX; mpmath.
TEST(Pointwise, GradientsOfTheGammaFunctions) {
  const Values found = slopes(gammainc, 2, 3);
  EXPECT_NEAR(found[0], -0.19742541957920232, 1e-14);
  EXPECT_NEAR(found[1], 0.14936120510359185, 1e-14);
  EXPECT_NEAR(slope(lgamma, 0.3), -3.5025242222001332, 1e-13);
  EXPECT_NEAR(slope(digamma, 0.3), 12.245364546107732, 1e-11);
  EXPECT_NEAR(slope(digamma, -1.7), 14.632201633884014, 1e-11);
}

}  // namespace
}  // namespace cornu::ops

#include <cmath>
#include <limits>
#include <numbers>
#include <span>
#include <utility>

#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/ops/promote.h"

namespace cornu::keras::ops {
namespace {

Value no_bool(const char* function, const Tensor& x) {
  if (x.dtype() == bool_) throw error<TypeError>("`{}` does not accept bool. Cast it first.", function);
  return x.value();
}
Value bools_like(const Value& x, bool value) { return ir::constant(value, bool_, x.shape()); }

Value absolute_of(const Tensor& x) { return x.dtype() == bool_ ? x.value() : low::abs(x.value()); }

Value cbrt_of(const Value& x) {
  const Value magnitude = low::abs(x);
  // 0 and infinity are their own roots.
  const Value has_root = low::logical_and(low::is_finite(x), low::greater(magnitude, low::zeros_like(x)));
  const Value safe = low::select(has_root, magnitude, low::ones_like(x));
  const Value root = low::exp(low::log(safe) * (1.0 / 3));
  // One step of Newton's method brings the digits back that the logarithm lost.
  const Value better = root - (root - safe / low::square(root)) * (1.0 / 3);
  return low::select(has_root, low::sign(x) * better, x);
}

Value sinc_of(const Value& x) {
  const Value is_zero = low::equal(x, low::zeros_like(x));
  const Value angle = low::select(is_zero, low::ones_like(x), x * std::numbers::pi);
  return low::select(is_zero, low::ones_like(x), low::sin(angle) / angle);
}

// Chebyshev series of exp(-x) I0(x): on [0, 8] in x / 4 - 1, and, times sqrt(x), beyond in 16 / x - 1. Fitted to 1e-17.
constexpr double kBesselNear[] = {
    0.33839763720473803,     -0.3046826723431984,    0.17162090152220877,    -0.09490109704804764,    0.04930528423967071,
    -0.02373741480589947,    0.010546460394594998,   -0.004324309995050576,  0.0016394756169413357,   -0.0005763755745385824,
    0.00018850288509584165,  -5.754195010082104e-05, 1.6448448070728896e-05, -4.4167383584587505e-06, 1.1173875391201037e-06,
    -2.670793853940612e-07,  6.046995022541919e-08,  -1.300025009986248e-08, 2.6598237246823866e-09,  -5.189795601635263e-10,
    9.675809035373237e-11,   -1.726826291441556e-11, 2.95505266312964e-12,   -4.856446783111929e-13,  7.676185498604936e-14,
    -1.1685332877993451e-14, 1.715391285555133e-15,  -2.431279846547955e-16, 3.3307945188222384e-17};
constexpr double kBesselFar[] = {
    0.4022452055070544,      0.0033691164782556943,   6.889758346916825e-05,  2.8913705208347567e-06, 2.0489185894690638e-07,
    2.266668990498178e-08,   3.3962320257083865e-09,  4.94060238822497e-10,   1.1889147107846439e-11, -3.1499165279632416e-11,
    -1.3215811840447713e-11, -1.7941785315068062e-12, 7.180124451383666e-13,  3.8527783827421426e-13, 1.54008621752141e-14,
    -4.150569347287222e-14,  -9.554846698828307e-15,  3.8116806693526224e-15, 1.7725601330565263e-15, -3.425485619677219e-16,
    -2.8276239805165836e-16, 3.461222867697461e-17,   4.46562142029676e-17};

// sum of c[k] T_k(t), by Clenshaw's recurrence; what the dtype cannot hold of the series is left out.
Value chebyshev(std::span<const double> c, const Value& t) {
  while (t.dtype() == float32 && std::abs(c.back()) < 1e-9) c = c.first(c.size() - 1);
  const Value twice = t * 2;
  Value last = low::zeros_like(t), current = low::full_like(t, c.back());
  for (std::size_t k = c.size() - 1; k-- > 1;) last = std::exchange(current, twice * current - last + c[k]);
  return t * current - last + c[0];
}

// The modified Bessel function I0, as Keras does in the dtype of a float, in float64 for int64.
Value i0_of(const Value& x) {
  const Value a = low::abs(x), eight = low::full_like(a, 8), is_near = low::less_equal(a, eight);
  const Value near = low::minimum(a, eight), far = low::maximum(a, eight);
  const Value scaled =
      low::select(is_near, chebyshev(kBesselNear, near / 4 - 1), chebyshev(kBesselFar, 16 / far - 1) * low::rsqrt(far));
  return low::exp(a) * scaled;
}
Value i0_input(const Tensor& x) { return x.dtype() == int64 ? low::cast(x.value(), float64) : in_float(x); }

// pi for negative numbers and for -0.
Value angle_of(const Value& x) { return low::arctan2(low::zeros_like(x), x); }

Value test(Value (*predicate)(const Value&), const Tensor& x, bool of_integers) {
  return x.dtype().is_floating() ? predicate(x.value()) : bools_like(x.value(), of_integers);
}

Value is_infinite(const Tensor& x, double infinity) {
  if (!x.dtype().is_floating()) return bools_like(x.value(), false);
  return low::equal(x.value(), low::full_like(x.value(), infinity));
}

// Negative, or a negative zero: 1 / -0 is -inf.
Value signbit_of(const Tensor& x) {
  if (!x.dtype().is_floating())
    return x.dtype().kind() == DTypeKind::signed_integer ? low::less(x.value(), low::zeros_like(x.value()))
                                                         : bools_like(x.value(), false);
  const Value zero = low::zeros_like(x.value()), is_zero = low::equal(x.value(), zero);
  return low::less(low::select(is_zero, low::reciprocal(x.value()), x.value()), zero);
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

// Name, Keras's class, the result for a tensor x.
// clang-format off
#define CORNU_UNARY_FUNCTIONS(row)                                     \
  row(abs, "Absolute", absolute_of(x))                                 \
  row(absolute, "Absolute", absolute_of(x))                            \
  row(conj, "Conj", x.value())                                         \
  row(conjugate, "Conjugate", x.value())                               \
  row(copy, "Copy", x.value())                                         \
  row(i0, "I0", in_wide(i0_input(x), i0_of))                           \
  row(imag, "Imag", low::zeros_like(x.value()))                        \
  row(real, "Real", x.value())                                         \
  row(negative, "Negative", low::neg(no_bool("negative", x)))          \
  row(sign, "Sign", low::sign(no_bool("sign", x)))                     \
  row(square, "Square", low::square(in_number(x)))                     \
  row(trunc, "Trunc", x.dtype().is_floating() ? low::trunc(x.value()) : x.value()) \
  row(angle, "Angle", angle_of(in_float(x)))                           \
  row(arccos, "Arccos", low::acos(in_float(x)))                        \
  row(arccosh, "Arccosh", low::acosh(in_float(x)))                     \
  row(arcsin, "Arcsin", low::asin(in_float(x)))                        \
  row(arcsinh, "Arcsinh", low::asinh(in_float(x)))                     \
  row(arctan, "Arctan", low::atan(in_float(x)))                        \
  row(arctanh, "Arctanh", low::atanh(in_float(x)))                     \
  row(cbrt, "Cbrt", in_wide(in_float(x), cbrt_of))                              \
  row(ceil, "Ceil", low::ceil(in_float(x)))                            \
  row(cos, "Cos", low::cos(in_float(x)))                               \
  row(cosh, "Cosh", low::cosh(in_float(x)))                            \
  row(deg2rad, "Deg2rad", in_float(x) * (std::numbers::pi / 180))      \
  row(exp, "Exp", low::exp(in_float(x)))                               \
  row(exp2, "Exp2", low::exp2(in_float(x)))                            \
  row(expm1, "Expm1", low::expm1(in_float(x)))                         \
  row(fabs, "Fabs", low::abs(in_float(x)))                             \
  row(floor, "Floor", low::floor(in_float(x)))                         \
  row(log, "Log", low::log(in_float(x)))                               \
  row(log10, "Log10", low::log10(in_float(x)))                         \
  row(log1p, "Log1p", low::log1p(in_float(x)))                         \
  row(log2, "Log2", low::log2(in_float(x)))                            \
  row(rad2deg, "Rad2deg", in_float(x) * (180 / std::numbers::pi))      \
  row(reciprocal, "Reciprocal", low::reciprocal(in_float(x)))          \
  row(sin, "Sin", low::sin(in_float(x)))                               \
  row(sinc, "Sinc", in_wide(in_float(x), sinc_of))                              \
  row(sinh, "Sinh", low::sinh(in_float(x)))                            \
  row(sqrt, "Sqrt", low::sqrt(in_float(x)))                            \
  row(tan, "Tan", low::tan(in_float(x)))                               \
  row(tanh, "Tanh", low::tanh(in_float(x)))                            \
  row(isfinite, "Isfinite", test(low::is_finite, x, true))             \
  row(isinf, "Isinf", test(low::is_inf, x, false))                     \
  row(isnan, "Isnan", test(low::is_nan, x, false))                     \
  row(isneginf, "Isneginf", is_infinite(x, -kInfinity))                \
  row(isposinf, "Isposinf", is_infinite(x, kInfinity))                 \
  row(isreal, "Isreal", bools_like(x.value(), true))                   \
  row(logical_not, "LogicalNot", low::logical_not(in_bool(x)))         \
  row(signbit, "Signbit", signbit_of(x))                               \
  row(bitwise_invert, "BitwiseInvert", low::bitwise_not(only_integer("bitwise_invert", x))) \
  row(bitwise_not, "BitwiseNot", low::bitwise_not(only_integer("bitwise_not", x)))
// clang-format on

#define CORNU_DEFINE(name, class_name, ...)                                                                         \
  constinit const OpFunction name##_function{#name, class_name, kNumpyModule,                                       \
                                             +[](const NoArgs&, const Tensor& x) -> Value { return __VA_ARGS__; }}; \
  Tensor name(const Tensor& x) { return name##_function({}, x); }
CORNU_UNARY_FUNCTIONS(CORNU_DEFINE)
#undef CORNU_DEFINE

namespace {

struct RoundArgs {
  int decimals = 0;
};
Value round_body(const RoundArgs& args, const Tensor& x) {
  const Value value = no_bool("round", x);
  const bool floating = x.dtype().is_floating();
  if (args.decimals == 0) return floating ? low::round(value) : value;
  if (!floating && args.decimals > 0) return value;
  const double factor = std::pow(10.0, args.decimals);
  if (!floating)
    return low::cast(low::round(low::cast(value, float32) * factor) / low::full_like(low::cast(value, float32), factor),
                     x.dtype());
  return low::round(value * factor) / factor;
}
constinit const OpFunction round_function{"round", "Round", kNumpyModule, round_body};

struct NanToNumArgs {
  double nan = 0;
  std::optional<double> posinf, neginf;
};
// The largest finite number of a floating dtype.
double largest(DType dtype) {
  return dispatch(dtype, []<class T>(T) -> double {
    if constexpr (std::is_same_v<T, float16_t>) return 65504;
    else if constexpr (std::is_same_v<T, bfloat16_t>) return 0x1.fep127;
    else return static_cast<double>(std::numeric_limits<T>::max());
  });
}
Value nan_to_num_body(const NanToNumArgs& args, const Tensor& x) {
  if (!x.dtype().is_floating()) return x.value();
  const Value value = x.value();
  auto replace = [&](const Value& in, double what, double with) {
    return low::select(low::equal(value, low::full_like(value, what)), low::full_like(value, with), in);
  };
  Value out = low::select(low::is_nan(value), low::full_like(value, args.nan), value);
  out = replace(out, kInfinity, args.posinf.value_or(largest(x.dtype())));
  return replace(out, -kInfinity, args.neginf.value_or(-largest(x.dtype())));
}
constinit const OpFunction nan_to_num_function{"nan_to_num", "NanToNum", kNumpyModule, nan_to_num_body};

#define CORNU_ADDRESS(name, ...) &name##_function,
constexpr const FunctionRecord* kNumpyUnaryFunctions[] = {&round_function, &nan_to_num_function,
                                                          CORNU_UNARY_FUNCTIONS(CORNU_ADDRESS)};
#undef CORNU_ADDRESS

}  // namespace

Tensor round(const Tensor& x, int decimals) { return round_function({decimals}, x); }
Tensor nan_to_num(const Tensor& x, double nan, std::optional<double> posinf, std::optional<double> neginf) {
  return nan_to_num_function({nan, posinf, neginf}, x);
}

FunctionList numpy_unary_functions() { return kNumpyUnaryFunctions; }

}  // namespace cornu::keras::ops

#include <cmath>
#include <limits>
#include <numbers>

#include "cornu/keras/ops/control.h"
#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/ops/promote.h"

namespace cornu::keras::ops {
namespace {

using Operation2 = Value (*)(const Value&, const Value&);

Value in_common(Operation2 f, const Tensor& x1, const Tensor& x2) {
  const DType dtype = common_dtype({&x1, &x2});
  return f(as_dtype(x1, dtype), as_dtype(x2, dtype));
}
// As in_common; two bools are computed in int32.
Value in_common_number(Operation2 f, const Tensor& x1, const Tensor& x2) {
  DType dtype = common_dtype({&x1, &x2});
  if (dtype == bool_) dtype = int32;
  return f(as_dtype(x1, dtype), as_dtype(x2, dtype));
}
// Two bools are combined by `of_bools`.
Value or_bools(Operation2 of_bools, Operation2 f, const Tensor& x1, const Tensor& x2) {
  return in_common(common_dtype({&x1, &x2}) == bool_ ? of_bools : f, x1, x2);
}
Value in_bools(Operation2 f, const Tensor& x1, const Tensor& x2) { return f(in_bool(x1), in_bool(x2)); }
Value in_integers(const char* function, Operation2 f, const Tensor& x1, const Tensor& x2) {
  const DType dtype = common_dtype({&x1, &x2});
  if (dtype.is_floating())
    throw error<TypeError>("`{}` computes on integer and bool tensors. Received: dtypes {} and {}", function, x1.dtype().name(),
                           x2.dtype().name());
  return in_common(f, x1, x2);
}
Value in_integers_of_width(const char* function, Operation2 f, const Tensor& x1, const Tensor& x2) {
  const bool bools = common_dtype({&x1, &x2}) == bool_;
  return in_integers(function, f, bools ? Tensor(as_dtype(x1, int32)) : x1, bools ? Tensor(as_dtype(x2, int32)) : x2);
}

Value subtract_of(const Tensor& x1, const Tensor& x2) {
  if (common_dtype({&x1, &x2}) == bool_)
    throw TypeError("`subtract` does not accept two bools. Use `logical_xor`, or cast them first.");
  return in_common(low::sub, x1, x2);
}

Value power_of(const Tensor& x1, const Tensor& x2) {
  // The common squares need no pow, and have a simpler gradient.
  if (x2.is_number() && x2.number() == 2 && !x1.is_number() && x1.dtype() != bool_ && common_dtype({&x1, &x2}) == x1.dtype())
    return low::square(x1.value());
  return in_common_number(low::pow, x1, x2);
}

Value divide_no_nan_of(const Value& a, const Value& b) {
  const Value is_zero = low::equal(b, low::zeros_like(b));
  const Value quotient = a / low::select(is_zero, low::ones_like(b), b);
  return low::select(low::broadcast_together("divide_no_nan", {is_zero, quotient})[0], low::zeros_like(quotient), quotient);
}
// NaN loses against a number.
Value fmax_of(const Value& a, const Value& b) {
  const auto both = low::broadcast_together("fmax", {a, b});
  if (!a.dtype().is_floating()) return low::maximum(a, b);
  return low::select(low::logical_or(low::greater(a, b), low::is_nan(both[1])), both[0], both[1]);
}
Value fmin_of(const Value& a, const Value& b) {
  const auto both = low::broadcast_together("fmin", {a, b});
  if (!a.dtype().is_floating()) return low::minimum(a, b);
  return low::select(low::logical_or(low::less(a, b), low::is_nan(both[1])), both[0], both[1]);
}
Value heaviside_of(const Value& a, const Value& b) {
  const auto both = low::broadcast_together("heaviside", {a, b});
  const Value zero = low::zeros_like(both[0]), one = low::ones_like(both[0]);
  const Value step = low::select(low::less(both[0], zero), zero, low::select(low::greater(both[0], zero), one, both[1]));
  return low::select(low::is_nan(both[0]), both[0], step);
}
// max sqrt(1 + (min / max)^2), so that squares do not overflow.
Value hypot_of(const Value& a, const Value& b) {
  const Value x = low::abs(a), y = low::abs(b), large = low::maximum(x, y), small = low::minimum(x, y);
  const Value is_zero = low::equal(large, low::zeros_like(large)), is_infinite = low::logical_or(low::is_inf(x), low::is_inf(y));
  const Value ratio = small / low::select(is_zero, low::ones_like(large), large);
  const Value length = low::select(is_zero, large, large * low::sqrt(low::square(ratio) + 1));
  return low::select(is_infinite, low::full_like(length, std::numeric_limits<double>::infinity()), length);
}
Value logaddexp2_of(const Value& a, const Value& b) {
  return low::logaddexp(a * std::numbers::ln2, b * std::numbers::ln2) / std::numbers::ln2;
}

// Euclid's algorithm, for all elements until the last one is done.
Value gcd_of(const Value& a, const Value& b) {
  const auto both = low::broadcast_together("gcd", {low::abs(a), low::abs(b)});
  const auto found =
      while_loop([](const Tensor&, const Tensor& rest) { return any(not_equal(rest, 0)); },
                 [](const Tensor& divisor, const Tensor& rest) {
                   return std::vector<Tensor>{where(equal(rest, 0), divisor, rest), mod(divisor, rest)};  // x mod 0 is 0
                 },
                 std::vector<Tensor>{Tensor(both[0]), Tensor(both[1])});
  return found[0].value();
}
Value lcm_of(const Value& a, const Value& b) {
  const Value divisor = gcd_of(a, b), is_zero = low::equal(divisor, low::zeros_like(divisor));
  const auto both = low::broadcast_together("lcm", {low::abs(a), low::abs(b)});
  return low::floor_divide(both[0], low::select(is_zero, low::ones_like(divisor), divisor)) * both[1];
}

// x1 2^x2. The power is made of four factors, none of which overflows where the product does not.
Value ldexp_of(const Tensor& x1, const Tensor& x2) {
  if (x2.dtype().is_floating() || x2.dtype() == bool_)
    throw error<TypeError>("ldexp exponent must be an integer type. Received: x2 dtype={}", x2.dtype().name());
  const DType dtype = common_dtype({&x1, &x2}, kWeakFloat), computed = dtype.size() > 2 ? dtype : float32;
  const auto both = low::broadcast_together("ldexp", {as_dtype(x1, computed), as_dtype(x2, computed)});
  const Value limit = low::full_like(both[1], computed == float64 ? 2200 : 300), exponent = low::clip(both[1], -limit, limit);
  const Value quarter = low::trunc(exponent * 0.25), factor = low::exp2(quarter);
  return low::cast(both[0] * factor * factor * factor * low::exp2(exponent - quarter * 3), dtype);
}

// What nextafter knows of a dtype. Denormals count as zero, save float16's.
struct FloatLimits {
  DType computed;  // a wider type, where there is one
  int digits;
  double spacing, smallest, largest;  // of denormals; of positive numbers
};
FloatLimits limits_of(DType dtype) {
  if (dtype == float16) return {float32, 11, 0x1p-24, 0x1p-24, 65504};
  if (dtype == bfloat16) return {float64, 8, 0x1p-133, 0x1p-126, 0x1.fep127};
  if (dtype == float32) return {float64, 24, 0x1p-149, 0x1p-126, std::numeric_limits<float>::max()};
  return {float64, 53, 0, 0x1p-1022, std::numeric_limits<double>::max()};
}

// The neighbour of a positive number, up (+1) or down (-1). In a wider type a little more than half a step is added, and rounded away.
Value step_in_wider(const Value& a, const Value& sign, const FloatLimits& limits) {
  const Value wide = low::cast(a, limits.computed), half_step = low::full_like(wide, limits.spacing * 0.75);
  const Value step = low::maximum(wide * std::ldexp(1.125, -limits.digits), half_step);
  return low::cast(wide + step * low::cast(sign, limits.computed), a.dtype());
}
// S. M. Rump, P. Zimmermann, S. Boldo, G. Melquiond, "Computing predecessor and successor in rounding to nearest", 2009: small
// numbers are scaled up for the step.
Value step_in_float64(const Value& a, const Value& sign) {
  constexpr double u = 0x1p-53, phi = u * (1 + 2 * u), smallest_unscaled = 0x1p-960;
  const Value scaled = a * (1 / u);
  return low::select(low::greater(a, low::full_like(a, smallest_unscaled)), a + sign * (a * phi),
                     (scaled + sign * (scaled * phi)) * u);
}

// The next number after x1 towards x2; no gradient passes.
Value nextafter_of(const Value& a, const Value& b) {
  const auto both = low::broadcast_together("nextafter", {low::stop_gradient(a), low::stop_gradient(b)});
  const Value &x = both[0], &towards = both[1], one = low::ones_like(x), is_zero = low::equal(x, low::zeros_like(x));
  const FloatLimits limits = limits_of(x.dtype());
  const Value up = low::select(low::greater(towards, x), one, -one), side = low::sign(x), magnitude = low::abs(x);
  const Value stepped =
      x.dtype() == float64 ? step_in_float64(magnitude, up * side) : step_in_wider(magnitude, up * side, limits);
  const Value from_number = side * low::select(low::is_inf(x), low::full_like(x, limits.largest), stepped);
  const Value next = low::select(is_zero, up * limits.smallest, from_number);
  const Value is_nan = low::logical_or(low::is_nan(x), low::is_nan(towards));
  return low::select(low::equal(x, towards), towards, low::select(is_nan, x + towards, next));
}

template <Value (*kFunction)(const Value&, const Value&)>
Value wide(const Value& a, const Value& b) {
  if (a.dtype().size() > 2) return kFunction(a, b);
  return low::cast(kFunction(low::cast(a, float32), low::cast(b, float32)), a.dtype());
}

}  // namespace

// Name, Keras's class, the result for tensors x1 and x2.
// clang-format off
#define CORNU_BINARY_FUNCTIONS(row)                                              \
  row(add, "Add", or_bools(low::logical_or, low::add, x1, x2))                   \
  row(subtract, "Subtract", subtract_of(x1, x2))                                 \
  row(multiply, "Multiply", or_bools(low::logical_and, low::mul, x1, x2))        \
  row(divide, "Divide", in_common_float(low::div, x1, x2))                       \
  row(true_divide, "TrueDivide", in_common_float(low::div, x1, x2))              \
  row(divide_no_nan, "DivideNoNan", in_common_float(divide_no_nan_of, x1, x2))   \
  row(floor_divide, "FloorDivide", in_common_number(low::floor_divide, x1, x2))  \
  row(mod, "Mod", in_common_number(low::mod, x1, x2))                            \
  row(fmod, "Fmod", in_common_number(low::fmod, x1, x2))                         \
  row(power, "Power", power_of(x1, x2))                                          \
  row(maximum, "Maximum", or_bools(low::logical_or, low::maximum, x1, x2))       \
  row(minimum, "Minimum", or_bools(low::logical_and, low::minimum, x1, x2))      \
  row(fmax, "Fmax", or_bools(low::logical_or, fmax_of, x1, x2))                  \
  row(fmin, "Fmin", or_bools(low::logical_and, fmin_of, x1, x2))                 \
  row(arctan2, "Arctan2", in_common_float(low::arctan2, x1, x2))                 \
  row(heaviside, "Heaviside", in_common_float(heaviside_of, x1, x2))             \
  row(hypot, "Hypot", in_common_float(wide<hypot_of>, x1, x2))                   \
  row(logaddexp, "Logaddexp", in_common_float(wide<low::logaddexp>, x1, x2))           \
  row(logaddexp2, "Logaddexp2", in_common_float(wide<logaddexp2_of>, x1, x2))    \
  row(ldexp, "Ldexp", ldexp_of(x1, x2))                                          \
  row(nextafter, "Nextafter", in_common_float(nextafter_of, x1, x2))             \
  row(gcd, "Gcd", in_integers_of_width("gcd", gcd_of, x1, x2))                   \
  row(lcm, "Lcm", in_integers_of_width("lcm", lcm_of, x1, x2))                   \
  row(equal, "Equal", in_common(low::equal, x1, x2))                             \
  row(not_equal, "NotEqual", in_common(low::not_equal, x1, x2))                  \
  row(less, "Less", in_common(low::less, x1, x2))                                \
  row(less_equal, "LessEqual", in_common(low::less_equal, x1, x2))               \
  row(greater, "Greater", in_common(low::greater, x1, x2))                       \
  row(greater_equal, "GreaterEqual", in_common(low::greater_equal, x1, x2))      \
  row(logical_and, "LogicalAnd", in_bools(low::logical_and, x1, x2))             \
  row(logical_or, "LogicalOr", in_bools(low::logical_or, x1, x2))                \
  row(logical_xor, "LogicalXor", in_bools(low::logical_xor, x1, x2))             \
  row(bitwise_and, "BitwiseAnd", in_integers("bitwise_and", low::bitwise_and, x1, x2)) \
  row(bitwise_or, "BitwiseOr", in_integers("bitwise_or", low::bitwise_or, x1, x2))     \
  row(bitwise_xor, "BitwiseXor", in_integers("bitwise_xor", low::bitwise_xor, x1, x2)) \
  row(bitwise_left_shift, "BitwiseLeftShift", in_integers_of_width("bitwise_left_shift", low::shift_left, x1, x2))     \
  row(bitwise_right_shift, "BitwiseRightShift", in_integers_of_width("bitwise_right_shift", low::shift_right, x1, x2)) \
  row(left_shift, "LeftShift", in_integers_of_width("left_shift", low::shift_left, x1, x2))                            \
  row(right_shift, "RightShift", in_integers_of_width("right_shift", low::shift_right, x1, x2))
// clang-format on

#define CORNU_DEFINE(name, class_name, ...)                                                                                      \
  constinit const OpFunction name##_function{                                                                                    \
      #name, class_name, kNumpyModule, +[](const NoArgs&, const Tensor& x1, const Tensor& x2) -> Value { return __VA_ARGS__; }}; \
  Tensor name(const Tensor& x1, const Tensor& x2) { return name##_function({}, x1, x2); }
CORNU_BINARY_FUNCTIONS(CORNU_DEFINE)
#undef CORNU_DEFINE

namespace {

struct IscloseArgs {
  double rtol = 1e-5, atol = 1e-8;
  bool equal_nan = false;
};
Value isclose_body(const IscloseArgs& args, const Tensor& x1, const Tensor& x2) {
  const DType dtype = common_dtype({&x1, &x2}, kWeakFloat);
  const auto both = low::broadcast_together("isclose", {as_dtype(x1, dtype), as_dtype(x2, dtype)});
  const Value &a = both[0], &b = both[1];
  const Value near = low::less_equal(low::abs(a - b), low::abs(b) * args.rtol + args.atol);
  Value close = low::logical_or(low::logical_and(near, low::is_finite(b)), low::equal(a, b));
  if (args.equal_nan) close = low::logical_or(close, low::logical_and(low::is_nan(a), low::is_nan(b)));
  return close;
}
constinit const OpFunction isclose_function{"isclose", "Isclose", kNumpyModule, isclose_body};

Value where_body(const NoArgs&, const Tensor& condition, const Tensor& x1, const Tensor& x2) {
  if (!x1.exists() || !x2.exists()) throw ValueError("`where` needs `x1` and `x2`.");
  const DType dtype = common_dtype({&x1, &x2});
  const auto all = low::broadcast_together("where", {in_bool(condition), as_dtype(x1, dtype), as_dtype(x2, dtype)});
  return low::select(all[0], all[1], all[2]);
}
constinit const OpFunction where_function{"where", "Where", kNumpyModule, where_body};

struct ClipArgs {
  Tensor x_min, x_max;
};
Value clip_body(const ClipArgs& args, const Tensor& x) {
  const Tensor number = x.dtype() == bool_ ? Tensor(in_number(x)) : x;
  const DType dtype = common_dtype({&number, &args.x_min, &args.x_max});
  const auto all =
      low::broadcast_together("clip", {as_dtype(number, dtype), as_dtype(args.x_min, dtype), as_dtype(args.x_max, dtype)});
  return low::clip(all[0], all[1], all[2]);
}
constinit const OpFunction clip_function{"clip", "Clip", kNumpyModule, clip_body};

#define CORNU_ADDRESS(name, ...) &name##_function,
constexpr const FunctionRecord* kNumpyBinaryFunctions[] = {&isclose_function, &where_function, &clip_function,
                                                           CORNU_BINARY_FUNCTIONS(CORNU_ADDRESS)};
#undef CORNU_ADDRESS

}  // namespace

Tensor isclose(const Tensor& x1, const Tensor& x2, double rtol, double atol, bool equal_nan) {
  return isclose_function({rtol, atol, equal_nan}, x1, x2);
}
Tensor where(const Tensor& condition, const Tensor& x1, const Tensor& x2) { return where_function({}, condition, x1, x2); }
Tensor clip(const Tensor& x, const Tensor& x_min, const Tensor& x_max) { return clip_function({x_min, x_max}, x); }

FunctionList numpy_binary_functions() { return kNumpyBinaryFunctions; }

}  // namespace cornu::keras::ops

namespace cornu {

Tensor operator+(const Tensor& a, const Tensor& b) { return keras::ops::add(a, b); }
Tensor operator-(const Tensor& a, const Tensor& b) { return keras::ops::subtract(a, b); }
Tensor operator*(const Tensor& a, const Tensor& b) { return keras::ops::multiply(a, b); }
Tensor operator/(const Tensor& a, const Tensor& b) { return keras::ops::true_divide(a, b); }
Tensor operator-(const Tensor& a) { return keras::ops::negative(a); }

}  // namespace cornu

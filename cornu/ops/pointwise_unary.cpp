#include <cmath>
#include <limits>
#include <numbers>

#include "cornu/math/special.h"
#include "cornu/ops/pointwise_row.h"

namespace cornu::ops {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Winitzki's approximation, then Newton's steps on erfc, which keep the digits of x near 1.
double erf_inv_of(double x) {
  const double magnitude = std::abs(x);
  if (!(magnitude < 1)) return magnitude == 1 ? std::copysign(kInfinity, x) : std::nan("");
  const double l = std::log1p(-x * x), t = 2 / (std::numbers::pi * 0.147) + l / 2;
  double y = std::sqrt(std::sqrt(t * t - l / 0.147) - t);
  for (int step = 0; step < 4; ++step) y += (std::erfc(y) - (1 - magnitude)) * (0.5 / std::numbers::inv_sqrtpi) * std::exp(y * y);
  return std::copysign(y, x);
}

Register negate(KernelBuilder& b, Register x) { return b.op(Prim::neg, x); }

Register emit_sign(KernelBuilder& b, Register x) {
  const Register zero = b.like(x, 0);
  const Register negative =
      x.dtype.kind() == DTypeKind::unsigned_integer ? x : b.select(b.op(Prim::lt, x, zero), b.like(x, -1), x);
  return b.select(b.op(Prim::gt, x, zero), b.like(x, 1), negative);
}
Register emit_square(KernelBuilder& b, Register x) { return b.mul(x, x); }
Register emit_rsqrt(KernelBuilder& b, Register x) { return b.div(b.like(x, 1), b.op(Prim::sqrt, x)); }
Register emit_reciprocal(KernelBuilder& b, Register x) { return b.div(b.like(x, 1), x); }
Register emit_exp2(KernelBuilder& b, Register x) { return b.op(Prim::pow, b.like(x, 2), x); }
Register emit_log10(KernelBuilder& b, Register x) { return b.mul(b.op(Prim::log, x), b.like(x, std::numbers::log10e)); }
Register emit_sigmoid(KernelBuilder& b, Register x) {
  const Register one = b.like(x, 1);
  return b.div(one, b.add(one, b.op(Prim::exp, negate(b, x))));
}
Register emit_relu(KernelBuilder& b, Register x) { return b.op(Prim::max, x, b.like(x, 0)); }
Register emit_is_nan(KernelBuilder& b, Register x) { return b.op(Prim::ne, x, x); }
Register emit_is_inf(KernelBuilder& b, Register x) { return b.op(Prim::eq, b.op(Prim::abs, x), b.like(x, kInfinity)); }
Register emit_is_finite(KernelBuilder& b, Register x) { return b.op(Prim::lt, b.op(Prim::abs, x), b.like(x, kInfinity)); }
Register emit_logical_not(KernelBuilder& b, Register x) { return b.op(Prim::bit_xor, x, b.like(x, 1)); }
Register emit_bitwise_not(KernelBuilder& b, Register x) {
  return x.dtype == bool_ ? emit_logical_not(b, x) : b.op(Prim::bit_not, x);
}
Register emit_identity(KernelBuilder&, Register x) { return x; }

Value where_positive(const Value& x, const Value& a) { return select(greater(x, zeros_like(x)), a, zeros_like(a)); }

// The derivative of digamma: eight steps of its recurrence, then its asymptotic series (DLMF 5.15.8); reflection below 0.
Value trigamma(const Value& x) {
  const Value is_positive = greater(x, zeros_like(x)), from = select(is_positive, x, 1 - x);
  Value sum = zeros_like(x);
  for (int k = 0; k < 8; ++k) sum = sum + reciprocal(square(from + double(k)));
  const Value u = reciprocal(from + 8.0), v = square(u);
  const Value series = u * (v * (v * (v * (v * (v * (5.0 / 66) - 1.0 / 30) + 1.0 / 42) - 1.0 / 30) + 1.0 / 6) + u * 0.5 + 1.0);
  const Value right = sum + series;
  return select(is_positive, right, square(reciprocal(sin(x * M_PI)) * M_PI) - right);
}

}  // namespace

// clang-format off
// Any number
const OpDef neg_op = unary<kNumber | kExact>("neg", negate,
    [](auto x) { return -wrapping(x); }, [](const Unary& d) { return -d.grad; });
const OpDef abs_op = unary<kNumber | kExact>("abs",
    [](KernelBuilder& b, Register x) { return x.dtype.kind() == DTypeKind::unsigned_integer ? x : b.op(Prim::abs, x); },
    [](auto x) { return x < 0 ? -wrapping(x) : wrapping(x) + 0; },
    [](const Unary& d) { return select(greater_equal(d.x, zeros_like(d.x)), d.grad, -d.grad); });
const OpDef sign_op = unary<kNumber | kExact>("sign", emit_sign,
    [](auto x) { using T = decltype(x); return x > 0 ? T(1) : x < 0 ? T(-1) : x; }, flat);
const OpDef square_op = unary<kNumber>("square", emit_square,
    [](auto x) { return wrapping(x) * wrapping(x); }, [](const Unary& d) { return d.grad * (d.x * 2); });

// Roots, powers, logarithms
const OpDef sqrt_op = unary<kFloat>("sqrt", prim<Prim::sqrt>,
    [](double x) { return std::sqrt(x); }, [](const Unary& d) { return d.grad * (0.5 / d.y); });
const OpDef rsqrt_op = unary<kFloat>("rsqrt", emit_rsqrt,
    [](double x) { return 1 / std::sqrt(x); }, [](const Unary& d) { return d.grad * (-0.5 * (d.y / d.x)); });
const OpDef reciprocal_op = unary<kFloat>("reciprocal", emit_reciprocal,
    [](double x) { return 1 / x; }, [](const Unary& d) { return d.grad * -square(d.y); });
const OpDef exp_op = unary<kFloat>("exp", prim<Prim::exp>,
    [](double x) { return std::exp(x); }, [](const Unary& d) { return d.grad * d.y; });
const OpDef exp2_op = unary<kFloat>("exp2", emit_exp2,
    [](double x) { return std::exp2(x); }, [](const Unary& d) { return d.grad * (d.y * std::numbers::ln2); });
const OpDef expm1_op = unary<kFloat>("expm1", prim<Prim::expm1>,
    [](double x) { return std::expm1(x); }, [](const Unary& d) { return d.grad * (d.y + 1); });
const OpDef log_op = unary<kFloat>("log", prim<Prim::log>,
    [](double x) { return std::log(x); }, [](const Unary& d) { return d.grad / d.x; });
const OpDef log1p_op = unary<kFloat>("log1p", prim<Prim::log1p>,
    [](double x) { return std::log1p(x); }, [](const Unary& d) { return d.grad / (d.x + 1); });
const OpDef log2_op = unary<kFloat>("log2", prim<Prim::log2>,
    [](double x) { return std::log2(x); }, [](const Unary& d) { return d.grad / (d.x * std::numbers::ln2); });
const OpDef log10_op = unary<kFloat>("log10", emit_log10,
    [](double x) { return std::log10(x); }, [](const Unary& d) { return d.grad / (d.x * std::numbers::ln10); });

// Trigonometric and hyperbolic
const OpDef sin_op = unary<kFloat>("sin", prim<Prim::sin>,
    [](double x) { return std::sin(x); }, [](const Unary& d) { return d.grad * cos(d.x); });
const OpDef cos_op = unary<kFloat>("cos", prim<Prim::cos>,
    [](double x) { return std::cos(x); }, [](const Unary& d) { return -(d.grad * sin(d.x)); });
const OpDef tan_op = unary<kFloat>("tan", prim<Prim::tan>,
    [](double x) { return std::tan(x); }, [](const Unary& d) { return d.grad * (square(d.y) + 1); });
const OpDef asin_op = unary<kFloat>("asin", prim<Prim::asin>,
    [](double x) { return std::asin(x); }, [](const Unary& d) { return d.grad * rsqrt(1 - square(d.x)); });
const OpDef acos_op = unary<kFloat>("acos", prim<Prim::acos>,
    [](double x) { return std::acos(x); }, [](const Unary& d) { return -(d.grad * rsqrt(1 - square(d.x))); });
const OpDef atan_op = unary<kFloat>("atan", prim<Prim::atan>,
    [](double x) { return std::atan(x); }, [](const Unary& d) { return d.grad / (square(d.x) + 1); });
const OpDef sinh_op = unary<kFloat>("sinh", prim<Prim::sinh>,
    [](double x) { return std::sinh(x); }, [](const Unary& d) { return d.grad * cosh(d.x); });
const OpDef cosh_op = unary<kFloat>("cosh", prim<Prim::cosh>,
    [](double x) { return std::cosh(x); }, [](const Unary& d) { return d.grad * sinh(d.x); });
const OpDef tanh_op = unary<kFloat>("tanh", prim<Prim::tanh>,
    [](double x) { return std::tanh(x); }, [](const Unary& d) { return (d.grad + d.grad * d.y) * (1 - d.y); });
const OpDef asinh_op = unary<kFloat>("asinh", prim<Prim::asinh>,
    [](double x) { return std::asinh(x); }, [](const Unary& d) { return d.grad * rsqrt(square(d.x) + 1); });
const OpDef acosh_op = unary<kFloat>("acosh", prim<Prim::acosh>,
    [](double x) { return std::acosh(x); }, [](const Unary& d) { return d.grad * rsqrt(square(d.x) - 1); });
const OpDef atanh_op = unary<kFloat>("atanh", prim<Prim::atanh>,
    [](double x) { return std::atanh(x); }, [](const Unary& d) { return d.grad / ((1 - d.x) * (1 + d.x)); });

// Error function, gamma function, sigmoid, relu
const OpDef erf_op = unary<kFloat>("erf", prim<Prim::erf>,
    [](double x) { return std::erf(x); },
    [](const Unary& d) { return d.grad * (2 * std::numbers::inv_sqrtpi) * exp(-square(d.x)); });
const OpDef erfc_op = unary<kFloat>("erfc", prim<Prim::erfc>,
    [](double x) { return std::erfc(x); },
    [](const Unary& d) { return d.grad * (-2 * std::numbers::inv_sqrtpi) * exp(-square(d.x)); });
const OpDef erf_inv_op = unary<kFloat>("erf_inv", prim<Prim::erf_inv>, erf_inv_of,
    [](const Unary& d) { return d.grad * (0.5 / std::numbers::inv_sqrtpi) * exp(square(d.y)); });
const OpDef lgamma_op = unary<kFloat>("lgamma", prim<Prim::lgamma>,
    [](double x) { return std::lgamma(x); }, [](const Unary& d) { return d.grad * digamma(d.x); });
const OpDef digamma_op = unary<kFloat>("digamma", prim<Prim::digamma>, math::digamma,
    [](const Unary& d) { return d.grad * trigamma(d.x); });
const OpDef sigmoid_op = unary<kFloat>("sigmoid", emit_sigmoid,
    [](double x) { return 1 / (1 + std::exp(-x)); }, [](const Unary& d) { return d.grad * (d.y * (1 - d.y)); });
const OpDef relu_op = unary<kNumber | kExact>("relu", emit_relu,
    [](auto x) { using T = decltype(x); return x <= T(0) ? T(0) : x; },
    [](const Unary& d) { return where_positive(d.y, d.grad); });

// Rounding
const OpDef floor_op = unary<kFloat | kExact>("floor", prim<Prim::floor>, [](double x) { return std::floor(x); }, flat);
const OpDef ceil_op = unary<kFloat | kExact>("ceil", prim<Prim::ceil>, [](double x) { return std::ceil(x); }, flat);
const OpDef round_op = unary<kFloat | kExact>("round", prim<Prim::round>, [](double x) { return std::nearbyint(x); }, flat);
const OpDef trunc_op = unary<kFloat | kExact>("trunc", prim<Prim::trunc>, [](double x) { return std::trunc(x); }, flat);

// Predicates, bits, identity
const OpDef is_nan_op = unary<kFloat | kPredicate>("is_nan", emit_is_nan, [](double x) { return x != x; }, nullptr);
const OpDef is_inf_op = unary<kFloat | kPredicate>("is_inf", emit_is_inf, [](double x) { return std::abs(x) == kInfinity; }, nullptr);
const OpDef is_finite_op = unary<kFloat | kPredicate>("is_finite", emit_is_finite, [](double x) { return std::abs(x) < kInfinity; }, nullptr);
const OpDef logical_not_op = unary<kBool>("logical_not", emit_logical_not, [](bool x) { return !x; }, nullptr);
const OpDef bitwise_not_op = unary<kInteger | kBool>("bitwise_not", emit_bitwise_not,
    [](auto x) { if constexpr (std::is_same_v<decltype(x), bool>) return !x; else return ~x; }, nullptr);
const OpDef stop_gradient_op = unary<kAny | kExact>("stop_gradient", emit_identity, [](auto x) { return x; }, flat);
// clang-format on

#define CORNU_FUNCTION(name) \
  Value name(const Value& x) { return ir::apply(name##_op, {x}); }
CORNU_UNARY_OPS(CORNU_FUNCTION)
#undef CORNU_FUNCTION

}  // namespace cornu::ops

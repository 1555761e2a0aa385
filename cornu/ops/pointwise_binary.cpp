#include <cmath>

#include "cornu/math/special.h"
#include "cornu/ops/pointwise_row.h"

namespace cornu::ops {
namespace {

// Division of integers as the `div` and `rem` of kernel programs do it: by zero it gives zero.
template <class T>
T quotient(T a, T b) {
  if constexpr (std::is_same_v<T, double>) return a / b;
  else if constexpr (std::is_same_v<T, int64_t>) return b == 0 ? 0 : b == -1 ? T(-wrapping(a)) : a / b;
  else return b == 0 ? 0 : a / b;
}
template <class T>
T remainder(T a, T b) {
  if constexpr (std::is_same_v<T, double>) return std::fmod(a, b);
  else if constexpr (std::is_same_v<T, int64_t>) return b == 0 || b == -1 ? 0 : a % b;
  else return b == 0 ? 0 : a % b;
}
// The remainder is on the other side of zero than the divisor: Python's division is one further down.
template <class T>
bool is_crossed(T r, T b) {
  return r != 0 && (r < 0) != (b < 0);
}

template <class T>
T floor_divide_of(T a, T b) {
  const T r = remainder(a, b), down = is_crossed(r, b) ? 1 : 0;
  if constexpr (std::is_same_v<T, double>) return std::nearbyint(quotient(b == 0 ? a : a - r, b) - down);
  else return quotient(a, b) - down;
}
template <class T>
T mod_of(T a, T b) {
  const T r = remainder(a, b);
  return is_crossed(r, b) ? r + b : r;
}

constexpr int kPowBits = 6;

template <class T>
T pow_of(T x, T y) {
  if constexpr (std::is_same_v<T, double>) {
    return std::pow(x, y);
  } else {
    uint64_t power = x == 0 && y != 0 ? 0 : 1, base = x;
    for (int bit = 0; bit < kPowBits; ++bit, base *= base)
      if (uint64_t(y) >> bit & 1) power *= base;
    return power;
  }
}

template <class T>
T maximum_of(T a, T b) {
  return a != a || a > b ? a : b;
}
template <class T>
T minimum_of(T a, T b) {
  return a != a || a < b ? a : b;
}

double logaddexp_of(double a, double b) {
  const double delta = a - b;
  return std::isnan(delta) ? a + b : std::max(a, b) + std::log1p(std::exp(-std::abs(delta)));
}

Register crossed(KernelBuilder& b, Register r, Register divisor) {
  const Register zero = b.like(r, 0);
  const Register opposite = b.op(Prim::ne, b.op(Prim::lt, r, zero), b.op(Prim::lt, divisor, zero));
  return b.op(Prim::bit_and, b.op(Prim::ne, r, zero), opposite);
}
Register emit_floor_divide(KernelBuilder& b, Register x, Register y) {
  const Register r = b.op(Prim::rem, x, y);
  Register whole = x;
  if (x.dtype.is_floating()) whole = b.select(b.op(Prim::eq, y, b.like(y, 0)), x, b.sub(x, r));
  const Register q = b.div(whole, y);
  const Register down = b.select(crossed(b, r, y), b.sub(q, b.like(q, 1)), q);
  return x.dtype.is_floating() ? b.op(Prim::round, down) : down;
}
Register emit_mod(KernelBuilder& b, Register x, Register y) {
  const Register r = b.op(Prim::rem, x, y);
  return b.select(crossed(b, r, y), b.add(r, y), r);
}
Register emit_pow(KernelBuilder& b, Register x, Register y) {
  if (x.dtype.is_floating()) return b.op(Prim::pow, x, y);
  const Register zero = b.like(x, 0), one = b.like(x, 1);
  const Register vanishes = b.op(Prim::bit_and, b.op(Prim::eq, x, zero), b.op(Prim::ne, y, zero));
  Register power = b.select(vanishes, zero, one), base = x;
  for (int bit = 0; bit < kPowBits; ++bit) {
    const Register set = b.op(Prim::ne, b.op(Prim::bit_and, y, b.like(y, double(1 << bit))), zero);
    power = b.select(set, b.mul(power, base), power);
    if (bit + 1 < kPowBits) base = b.mul(base, base);
  }
  return power;
}
Register emit_logaddexp(KernelBuilder& b, Register x, Register y) {
  const Register delta = b.sub(x, y);
  const Register decay = b.op(Prim::exp, b.op(Prim::neg, b.op(Prim::abs, delta)));
  const Register sum = b.add(b.op(Prim::max, x, y), b.op(Prim::log1p, decay));
  return b.select(b.op(Prim::ne, delta, delta), b.add(x, y), sum);
}
// A count of the width or more shifts everything out.
template <Prim kShift>
Register emit_shift(KernelBuilder& b, Register x, Register count) {
  const double width = x.dtype.size() * 8;
  const bool is_signed = x.dtype.kind() == DTypeKind::signed_integer;
  Register fits = b.op(Prim::lt, count, b.like(count, width));
  if (is_signed) fits = b.op(Prim::bit_and, fits, b.op(Prim::ge, count, b.like(count, 0)));
  Register rest = b.like(x, 0);
  if (kShift == Prim::shift_right && is_signed) rest = b.op(kShift, x, b.like(x, width - 1));
  return b.select(fits, b.op(kShift, x, count), rest);
}

// 1 where x alone is the chosen one, 1/2 where both are.
Value share(const Value& x, const Value& chosen, const Value& other) {
  const Value one = ones_like(x);
  return select(equal(x, chosen), select(equal(other, chosen), one * 0.5, one), zeros_like(x));
}
std::pair<Value, Value> shares(const Binary& d) { return {d.grad * share(d.a, d.y, d.b), d.grad * share(d.b, d.y, d.a)}; }
Value without_zero(const Value& x) { return select(equal(x, zeros_like(x)), ones_like(x), x); }

// y x^(y-1), which is 0 for y = 0; x^y log x, which is 0 for x = 0.
std::pair<Value, Value> pow_gradient(const Binary& d) {
  const Value power = select(equal(d.b, zeros_like(d.b)), zeros_like(d.b), d.b - 1);
  return {d.grad * (d.b * pow(d.a, power)), d.grad * (log(without_zero(d.a)) * d.y)};
}
// Where an operand and the result are the same infinity, the operand takes all.
std::pair<Value, Value> logaddexp_gradient(const Binary& d) {
  auto part = [&](const Value& x) { return d.grad * exp(select(logical_and(is_inf(x), equal(x, d.y)), zeros_like(x), x - d.y)); };
  return {part(d.a), part(d.b)};
}
std::pair<Value, Value> arctan2_gradient(const Binary& d) {
  const Value norm = square(d.a) + square(d.b);
  return {d.grad * (d.b / norm), -(d.grad * (d.a / norm))};
}

// d/dx P(a, x) = x^(a-1) e^-x / Gamma(a).
std::pair<Value, Value> gammainc_gradient(const Binary& d) {
  return {d.grad * gammainc_grad_a(d.a, d.b), d.grad * exp((d.a - 1) * log(d.b) - d.b - lgamma(d.a))};
}

template <Prim kPrim, class F>
OpDef comparison(std::string_view name, F f) {
  return binary<kAny | kPredicate>(name, prim2<kPrim>, f, nullptr);
}

// Shifts look at the width of the dtype, which wide arithmetic has lost.
template <bool kLeft>
OpDef shift(std::string_view name) {
  OpDef op = binary<kInteger>(
      name, kLeft ? emit_shift<Prim::shift_left> : emit_shift<Prim::shift_right>, [](auto x, auto) { return x; }, nullptr);
  op.reference = [](const ir::Attributes&, std::span<const ir::HostOperand> in, std::span<const ir::HostOperand> out) {
    dispatch(in[0].spec.dtype, [&]<class T>(T) {
      if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>)
        for (int64_t i = 0; i < out[0].elements(); ++i) {
          const T x = in[0].as<T>()[i], count = in[1].as<T>()[i];
          const bool fits = count >= 0 && uint64_t(count) < sizeof(T) * 8;
          if constexpr (kLeft) out[0].as<T>()[i] = fits ? T(uint64_t(x) << count) : T(0);
          else out[0].as<T>()[i] = fits ? T(x >> count) : x < 0 ? T(-1) : T(0);
        }
    });
  };
  return op;
}

Value joined(const OpDef& op, const Value& a, const Value& b) { return ir::apply(op, broadcast_together(op.name, {a, b})); }

}  // namespace

// clang-format off
// Arithmetic
const OpDef add_op = binary<kNumber>("add", prim2<Prim::add>,
    [](auto a, auto b) { return wrapping(a) + wrapping(b); }, [](const Binary& d) { return std::pair(d.grad, d.grad); });
const OpDef sub_op = binary<kNumber>("sub", prim2<Prim::sub>,
    [](auto a, auto b) { return wrapping(a) - wrapping(b); }, [](const Binary& d) { return std::pair(d.grad, -d.grad); });
const OpDef mul_op = binary<kNumber>("mul", prim2<Prim::mul>,
    [](auto a, auto b) { return wrapping(a) * wrapping(b); }, [](const Binary& d) { return std::pair(d.grad * d.b, d.grad * d.a); });
const OpDef div_op = binary<kFloat>("div", prim2<Prim::div>,
    [](double a, double b) { return a / b; }, [](const Binary& d) { return std::pair(d.grad / d.b, -(d.grad * d.y) / d.b); });
const OpDef floor_divide_op = binary<kNumber>("floor_divide", emit_floor_divide,
    [](auto a, auto b) { return floor_divide_of(a, b); }, flat2);
const OpDef mod_op = binary<kNumber>("mod", emit_mod,
    [](auto a, auto b) { return mod_of(a, b); }, [](const Binary& d) { return std::pair(d.grad, -(d.grad * floor(d.a / d.b))); });
const OpDef fmod_op = binary<kNumber>("fmod", prim2<Prim::rem>,
    [](auto a, auto b) { return remainder(a, b); }, [](const Binary& d) { return std::pair(d.grad, -(d.grad * trunc(d.a / d.b))); });
const OpDef pow_op = binary<kNumber>("pow", emit_pow, [](auto a, auto b) { return pow_of(a, b); }, pow_gradient);
const OpDef maximum_op = binary<kNumber | kExact>("maximum", prim2<Prim::max>, [](auto a, auto b) { return maximum_of(a, b); }, shares);
const OpDef minimum_op = binary<kNumber | kExact>("minimum", prim2<Prim::min>, [](auto a, auto b) { return minimum_of(a, b); }, shares);
const OpDef arctan2_op = binary<kFloat>("arctan2", prim2<Prim::atan2>,
    [](double a, double b) { return std::atan2(a, b); }, arctan2_gradient);
const OpDef gammainc_op = binary<kFloat>("gammainc", prim2<Prim::gammainc>, math::gammainc, gammainc_gradient);
const OpDef gammainc_grad_a_op = binary<kFloat>("gammainc_grad_a", prim2<Prim::gammainc_grad_a>, math::gammainc_grad_a, nullptr);
const OpDef logaddexp_op = binary<kFloat>("logaddexp", emit_logaddexp, logaddexp_of, logaddexp_gradient);

// Comparisons
const OpDef equal_op = comparison<Prim::eq>("equal", [](auto a, auto b) { return a == b; });
const OpDef not_equal_op = comparison<Prim::ne>("not_equal", [](auto a, auto b) { return a != b; });
const OpDef less_op = comparison<Prim::lt>("less", [](auto a, auto b) { return a < b; });
const OpDef less_equal_op = comparison<Prim::le>("less_equal", [](auto a, auto b) { return a <= b; });
const OpDef greater_op = comparison<Prim::gt>("greater", [](auto a, auto b) { return a > b; });
const OpDef greater_equal_op = comparison<Prim::ge>("greater_equal", [](auto a, auto b) { return a >= b; });

// Logic and bits
const OpDef logical_and_op = binary<kBool>("logical_and", prim2<Prim::bit_and>, [](bool a, bool b) { return a && b; }, nullptr);
const OpDef logical_or_op = binary<kBool>("logical_or", prim2<Prim::bit_or>, [](bool a, bool b) { return a || b; }, nullptr);
const OpDef logical_xor_op = binary<kBool>("logical_xor", prim2<Prim::bit_xor>, [](bool a, bool b) { return a != b; }, nullptr);
const OpDef bitwise_and_op = binary<kInteger | kBool>("bitwise_and", prim2<Prim::bit_and>, [](auto a, auto b) { return a & b; }, nullptr);
const OpDef bitwise_or_op = binary<kInteger | kBool>("bitwise_or", prim2<Prim::bit_or>, [](auto a, auto b) { return a | b; }, nullptr);
const OpDef bitwise_xor_op = binary<kInteger | kBool>("bitwise_xor", prim2<Prim::bit_xor>, [](auto a, auto b) { return a ^ b; }, nullptr);
const OpDef shift_left_op = shift<true>("shift_left");
const OpDef shift_right_op = shift<false>("shift_right");
// clang-format on

#define CORNU_FUNCTION(name) \
  Value name(const Value& a, const Value& b) { return joined(name##_op, a, b); }
CORNU_BINARY_OPS(CORNU_FUNCTION)
#undef CORNU_FUNCTION

}  // namespace cornu::ops

#pragma once

#include "cornu/ir/leaf.h"
#include "cornu/ir/op.h"

// Pointwise ops. A record wants operands of one shape (and one dtype, save for `select` and `cast`); the functions
// below insert the `broadcast` views that numpy's rules ask for and never promote a dtype. Each NAME has a record
// NAME_op. Gradients are JAX's, at the corners too.

namespace cornu::ops {

using ir::OpDef;
using ir::Value;

// Of any number: neg abs sign square. Of floats: all others. `round` goes to the nearest even; `rsqrt` is 1/sqrt; `lgamma` is
// the logarithm of the gamma function, `digamma` the gradient of that.
#define CORNU_UNARY_OPS(row)                                                                                                     \
  row(neg) row(abs) row(sign) row(square) row(sqrt) row(rsqrt) row(reciprocal) row(exp) row(exp2) row(expm1) row(log) row(log1p) \
      row(log2) row(log10) row(sin) row(cos) row(tan) row(asin) row(acos) row(atan) row(sinh) row(cosh) row(tanh) row(asinh)     \
          row(acosh) row(atanh) row(erf) row(erfc) row(erf_inv) row(lgamma) row(digamma) row(sigmoid) row(relu) row(floor)       \
              row(ceil) row(round) row(trunc) row(is_nan) row(is_inf) row(is_finite) /* floats -> bool */                        \
      row(logical_not)                                                               /* bool */                                  \
      row(bitwise_not)                                                               /* integers, bool */                        \
      row(stop_gradient) /* the identity, through which no gradient passes */

// `div` is true division, of floats only; `floor_divide` and `mod` round down as Python's do, by zero they give 0
// (integers); an integer `pow` looks at the lowest 6 bits of the exponent; `fmod` has the sign of the dividend; shifts
// by the width or more give 0 (-1 where a negative number is shifted right). `gammainc(a, x)` is the regularized lower
// incomplete gamma function, `gammainc_grad_a` its gradient with respect to a.
#define CORNU_BINARY_OPS(row)                                                                                              \
  row(add) row(sub) row(mul) row(div) row(floor_divide) row(mod) row(fmod) row(pow) row(maximum) row(minimum) row(arctan2) \
      row(gammainc) row(gammainc_grad_a) row(logaddexp) row(equal) row(not_equal) row(less) row(less_equal) row(greater)   \
          row(greater_equal)                                                             /* -> bool */                     \
      row(logical_and) row(logical_or) row(logical_xor)                                  /* bool */                        \
      row(bitwise_and) row(bitwise_or) row(bitwise_xor) row(shift_left) row(shift_right) /* integers */

#define CORNU_UNARY(name)       \
  extern const OpDef name##_op; \
  Value name(const Value& x);
#define CORNU_BINARY(name)      \
  extern const OpDef name##_op; \
  Value name(const Value& a, const Value& b);
CORNU_UNARY_OPS(CORNU_UNARY)
CORNU_BINARY_OPS(CORNU_BINARY)
#undef CORNU_UNARY
#undef CORNU_BINARY

// condition (bool) ? a : b
extern const OpDef select_op;
Value select(const Value& condition, const Value& a, const Value& b);

// min(max(x, low), high)
extern const OpDef clip_op;
Value clip(const Value& x, const Value& low, const Value& high);

// Integers wrap; a float becomes the nearest integer towards zero that the dtype has (NaN: 0); to bool: != 0.
struct CastAttributes {
  DType to;
};
extern const OpDef cast_op;
Value cast(const Value& x, DType to);

// The words of formulas: gradient rules and compositions are written with them. A number takes the other's dtype and
// shape.
Value full_like(const Value& x, double value);
inline Value zeros_like(const Value& x) { return full_like(x, 0); }
inline Value ones_like(const Value& x) { return full_like(x, 1); }
inline Value operator-(const Value& x) { return neg(x); }
#define CORNU_OPERATOR(symbol, name)                                                          \
  inline Value operator symbol(const Value& a, const Value& b) { return name(a, b); }         \
  inline Value operator symbol(const Value& a, double b) { return name(a, full_like(a, b)); } \
  inline Value operator symbol(double a, const Value& b) { return name(full_like(b, a), b); }
CORNU_OPERATOR(+, add)
CORNU_OPERATOR(-, sub)
CORNU_OPERATOR(*, mul)
CORNU_OPERATOR(/, div)
#undef CORNU_OPERATOR

// log(1 + exp(x)), log(1 / (1 + exp(-x))): neither overflows.
Value softplus(const Value& x);
Value log_sigmoid(const Value& x);
Value squared_difference(const Value& a, const Value& b);

// Operands brought to one shape by `broadcast` views; ValueError names `op` where numpy's rules give none.
std::vector<Value> broadcast_together(std::string_view op, std::vector<Value> operands);

}  // namespace cornu::ops

#include <cmath>
#include <numbers>

#include "cornu/ops/random/random.h"
#include "cornu/ops/sort/sort.h"
#include "cornu/ops/view/view.h"

namespace cornu::ops {
namespace {

Value shifted_right(const Value& bits, int by) { return shift_right(bits, full_like(bits, by)); }

// Two words as one.
Value bits64(const Value& key, const Shape& shape) {
  auto word = [&](int i) { return cast(random_bits(key, shape, 2, i), uint64); };
  const Value high = word(0);
  return bitwise_or(shift_left(high, full_like(high, 32)), word(1));
}

// Bits of a uniform number's fraction.
int digits(DType dtype) { return dtype == float64 ? 53 : dtype == float32 ? 24 : dtype == float16 ? 11 : 8; }

// 16-bit floats are drawn in float32 where formulas follow.
DType computing(DType dtype) { return dtype.size() == 2 ? float32 : dtype; }

// In (-1, 1), never 0: the odd multiples of 2^-24 (float64: of 2^-53). A signed integer keeps every digit.
Value symmetric_uniform(const Value& key, const Shape& shape, DType dtype) {
  const int n = digits(dtype);
  const bool wide = dtype == float64;
  const Value fraction = wide ? shifted_right(bits64(key, shape), 64 - n) : shifted_right(random_bits(key, shape), 32 - n);
  const Value whole = cast(fraction, wide ? int64 : int32);
  return cast(whole + whole + ir::integer_constant(1 - (int64_t{1} << n), whole.dtype(), shape), dtype) * std::ldexp(1.0, -n);
}

void want_floating(std::string_view name, DType dtype) {
  if (!dtype.is_floating()) throw error<ValueError>("`{}` draws floating numbers. Received: dtype={}", name, dtype.name());
}

}  // namespace

Value random_uniform(const Value& key, const Shape& shape, DType dtype) {
  want_floating("uniform", dtype);
  const int n = digits(dtype);
  const Value fraction =
      dtype == float64 ? shifted_right(bits64(key, shape), 64 - n) : shifted_right(random_bits(key, shape), 32 - n);
  return cast(fraction, dtype) * std::ldexp(1.0, -n);
}

Value random_normal(const Value& key, const Shape& shape, DType dtype) {
  want_floating("normal", dtype);
  return cast(erf_inv(symmetric_uniform(key, shape, computing(dtype))) * std::numbers::sqrt2, dtype);
}

Value random_truncated_normal(const Value& key, const Shape& shape, DType dtype) {
  want_floating("truncated_normal", dtype);
  const double limit = 2, edge = std::erf(limit / std::numbers::sqrt2);
  const Value x = erf_inv(symmetric_uniform(key, shape, computing(dtype)) * edge) * std::numbers::sqrt2;
  return cast(clip(x, full_like(x, -limit), full_like(x, limit)), dtype);
}

Value random_bernoulli(const Value& key, const Value& p, const Shape& shape) {
  return less(random_uniform(key, shape, p.dtype()), broadcast_to(p, shape));
}

// 64 random bits modulo the span: the bias is below span / 2^64.
Value random_integers(const Value& key, const Shape& shape, int64_t low, int64_t high, DType dtype) {
  if (low >= high) throw error<ValueError>("`randint` wants minval < maxval. Received: minval={}, maxval={}", low, high);
  const Value span = ir::integer_constant(int64_t(uint64_t(high) - uint64_t(low)), uint64, shape);
  return cast(mod(bits64(key, shape), span), dtype) + ir::integer_constant(low, dtype, shape);
}

Value random_permutation(const Value& key, const Shape& shape, int axis) { return argsort(bits64(key, shape), axis); }

}  // namespace cornu::ops

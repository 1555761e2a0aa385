#include <limits>

#include "cornu/ops/reduce/reduce.h"
#include "cornu/ops/view/view.h"

namespace cornu::ops {
namespace {

// 16-bit floats in float32, rounded once at the end.
template <class F>
Value in_computing_dtype(const Value& x, F&& f) {
  const DType dtype = x.dtype();
  CORNU_CHECK(dtype.is_floating(), "A statistic of {}.", dtype.name());
  return cast(f(dtype.size() == 2 ? cast(x, float32) : x), dtype);
}

Value mean_of(const Value& x, const std::vector<int>& axes, bool keepdims) {
  return sum(x, axes, keepdims) / double(reduced_elements(x.shape(), axes));
}

Value variance_of(const Value& x, const std::vector<int>& axes, bool keepdims) {
  return mean_of(square(x - mean_of(x, axes, true)), axes, keepdims);
}

}  // namespace

Value mean(const Value& x, const std::vector<int>& axes, bool keepdims) {
  return in_computing_dtype(x, [&](const Value& wide) { return mean_of(wide, axes, keepdims); });
}

Value variance(const Value& x, const std::vector<int>& axes, bool keepdims) {
  return in_computing_dtype(x, [&](const Value& wide) { return variance_of(wide, axes, keepdims); });
}

Value standard_deviation(const Value& x, const std::vector<int>& axes, bool keepdims) {
  return in_computing_dtype(x, [&](const Value& wide) { return sqrt(variance_of(wide, axes, keepdims)); });
}

// max + log(sum(exp(x - max))), where the max may be infinite.
Value logsumexp(const Value& x, const std::vector<int>& axes, bool keepdims) {
  return in_computing_dtype(x, [&](const Value& wide) {
    Value top = stop_gradient(max(wide, axes, true));
    top = select(is_finite(top), top, zeros_like(top));
    const Value total = log(sum(exp(wide - top), axes, true)) + top;
    return keepdims ? total : squeeze(total, axes);
  });
}

}  // namespace cornu::ops

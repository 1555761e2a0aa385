#include "cornu/ops/softmax/softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cornu/ops/reduce/reduce.h"
#include "cornu/ops/reference.h"

namespace cornu::ops {
namespace {

using Attributes = SoftmaxAttributes;

std::vector<ir::Spec> infer(const Attributes& a, std::span<const ir::Spec> in) {
  CORNU_CHECK(in[0].dtype.is_floating() && a.axis >= 0 && a.axis < in[0].shape.rank());
  return {in[0]};
}

Value total(const Value& x, const Attributes& a) { return sum(x, {a.axis}, true); }

// x - max(x), whose exponentials cannot overflow. An empty axis has no maximum, and nothing to shift.
Value shifted(const Value& x, const Attributes& a) {
  const Value wide = x.dtype().size() == 2 ? cast(x, float32) : x;
  return x.shape()[a.axis] == 0 ? wide : wide - stop_gradient(max(wide, {a.axis}, true));
}

std::vector<Value> decompose_softmax(const Attributes& a, std::span<const Value> in) {
  const Value e = exp(shifted(in[0], a));
  return {cast(e / total(e, a), in[0].dtype())};
}
std::vector<Value> decompose_log_softmax(const Attributes& a, std::span<const Value> in) {
  const Value x = shifted(in[0], a);
  return {cast(x - log(total(exp(x), a)), in[0].dtype())};
}

// y (g - sum(y g))
std::vector<Value> vjp_softmax(const Attributes& a, const ir::VjpArgs& v) {
  const Value& y = v.output();
  return {y * (v.grad() - total(y * v.grad(), a))};
}
// g - softmax sum(g)
std::vector<Value> vjp_log_softmax(const Attributes& a, const ir::VjpArgs& v) {
  return {v.grad() - exp(v.output()) * total(v.grad(), a)};
}

// Calls f(first element, stride, count) for each row along the axis.
template <class F>
void for_each_row(const Shape& shape, int axis, F&& f) {
  int64_t inner = 1, outer = 1;
  for (int i = 0; i < axis; ++i) outer *= shape[i];
  for (int i = axis + 1; i < shape.rank(); ++i) inner *= shape[i];
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i) f(o * shape[axis] * inner + i, inner, shape[axis]);
}

template <bool kLog>
void reference(const Attributes& a, std::span<const ir::HostOperand> in, std::span<const ir::HostOperand> out) {
  auto x = widened<double>(in[0]);
  for_each_row(in[0].spec.shape, a.axis, [&](int64_t first, int64_t stride, int64_t count) {
    double top = -std::numeric_limits<double>::infinity(), sum = 0;
    for (int64_t i = 0; i < count; ++i)
      top = std::isnan(top)                     ? top
            : std::isnan(x[first + i * stride]) ? x[first + i * stride]
                                                : std::max(top, x[first + i * stride]);
    for (int64_t i = 0; i < count; ++i) sum += std::exp(x[first + i * stride] - top);
    for (int64_t i = 0; i < count; ++i) {
      const double shifted = x[first + i * stride] - top;
      x[first + i * stride] = kLog ? shifted - std::log(sum) : std::exp(shifted) / sum;
    }
  });
  store<double>(x.get(), out[0]);
}

Value along(const OpDef& op, const Value& x, int axis) {
  return ir::apply(op, Attributes{normalize_axis(axis, x.shape().rank(), op.name.data())}, {x});
}

}  // namespace

const OpDef softmax_op = ir::define_op(ir::OpSpec<Attributes>{
    .name = "softmax", .infer = infer, .vjp = vjp_softmax, .decompose = decompose_softmax, .reference = reference<false>});
const OpDef log_softmax_op = ir::define_op(ir::OpSpec<Attributes>{.name = "log_softmax",
                                                                  .infer = infer,
                                                                  .vjp = vjp_log_softmax,
                                                                  .decompose = decompose_log_softmax,
                                                                  .reference = reference<true>});

Value softmax(const Value& x, int axis) { return along(softmax_op, x, axis); }
Value log_softmax(const Value& x, int axis) { return along(log_softmax_op, x, axis); }

}  // namespace cornu::ops

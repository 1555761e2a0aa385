#include "cornu/ops/cumulative/cumulative.h"

#include "cornu/ir/lowering.h"
#include "cornu/ops/cumulative/step.h"
#include "cornu/ops/pad/pad.h"
#include "cornu/ops/reference.h"

namespace cornu::ops {
namespace {

using Attributes = CumulativeAttributes;

std::vector<ir::Spec> infer(const Attributes& a, std::span<const ir::Spec> in) {
  Shape shape = in[0].shape;
  bool fits = in[0].dtype != bool_ && a.axis < shape.rank();
  for (const ir::Spec& s : in) {
    fits = fits && s.dtype == in[0].dtype && s.shape.rank() == shape.rank();
    for (int axis = 0; fits && axis < shape.rank(); ++axis) fits = merge_dims(shape[axis], s.shape[axis], shape[axis]);
  }
  CORNU_CHECK(fits, "A cumulative op along axis {} got {} and {}.", a.axis, to_string(in.front()), to_string(in.back()));
  return {{in[0].dtype, shape}};
}

// Each element where the next one in the op's direction is; `value` comes in at the beginning.
Value delayed(const Attributes& a, const Value& x, double value) {
  std::vector<int64_t> low(x.shape().rank(), 0), high = low;
  low[a.axis] = a.reverse ? -1 : 1;
  high[a.axis] = -low[a.axis];
  return pad(x, low, high, {}, value);
}

Attributes backwards(const Attributes& a) { return {a.axis, !a.reverse}; }

// dy[i] reaches what stands before i by the factors of the steps between.
Value gathered(const Attributes& a, const Value& factors, const Value& grad) {
  return ir::apply(linear_recurrence_op, backwards(a), {delayed(backwards(a), factors, 0), grad});
}

std::vector<Value> vjp_cumsum(const Attributes& a, const ir::VjpArgs& v) {
  return {ir::apply(cumsum_op, backwards(a), {v.grad()})};
}
std::vector<Value> vjp_cumprod(const Attributes& a, const ir::VjpArgs& v) {
  return {delayed(a, v.output(), 1) * gathered(a, v.operand(0), v.grad())};
}
std::vector<Value> vjp_recurrence(const Attributes& a, const ir::VjpArgs& v) {
  const Value grad_b = gathered(a, v.operand(0), v.grad());
  return {grad_b * delayed(a, v.output(), 0), grad_b};
}

template <class Step>
void reference(const Attributes& a, std::span<const ir::HostOperand> in, std::span<const ir::HostOperand> out) {
  const AxisSplit split = split_at(out[0].spec.shape, a.axis);
  dispatch(out[0].spec.dtype, [&]<class T>(T) {
    using Wide = std::conditional_t<std::is_integral_v<T>, uint64_t, double>;
    for (int64_t line = 0; line < split.outer * split.inner; ++line) {
      Wide y{};
      accumulate<Step>(split, a.reverse, line, 1, in.back().template as<const T>(), in.front().template as<const T>(),
                       out[0].as<T>(), &y);
    }
  });
}

template <class Step>
OpDef record(std::string_view name, std::vector<Value> (*vjp)(const Attributes&, const ir::VjpArgs&),
             std::span<const ir::Lowering> (*lowerings)()) {
  return ir::define_op(ir::OpSpec<Attributes>{.name = name,
                                              .min_operands = Step::kOperands,
                                              .max_operands = Step::kOperands,
                                              .infer = infer,
                                              .vjp = vjp,
                                              .reference = reference<Step>,
                                              .lowerings = lowerings});
}

Value along(const OpDef& op, const char* name, int axis, bool reverse, std::vector<Value> operands) {
  const int at = normalize_axis(axis, operands[0].shape().rank(), name);
  return ir::apply(op, Attributes{at, reverse}, std::move(operands));
}

}  // namespace

const OpDef cumsum_op = record<SumStep>("cumsum", vjp_cumsum, ir::joined<cumsum_cpu_lowerings, cumsum_cuda_lowerings>);
const OpDef cumprod_op = record<ProductStep>("cumprod", vjp_cumprod, ir::joined<cumprod_cpu_lowerings, cumprod_cuda_lowerings>);
const OpDef linear_recurrence_op = record<RecurrenceStep>(
    "linear_recurrence", vjp_recurrence, ir::joined<linear_recurrence_cpu_lowerings, linear_recurrence_cuda_lowerings>);

Value cumsum(const Value& x, int axis, bool reverse) { return along(cumsum_op, "cumsum", axis, reverse, {x}); }
Value cumprod(const Value& x, int axis, bool reverse) { return along(cumprod_op, "cumprod", axis, reverse, {x}); }
Value linear_recurrence(const Value& a, const Value& b, int axis, bool reverse) {
  return along(linear_recurrence_op, "linear_recurrence", axis, reverse, {a, b});
}

}  // namespace cornu::ops

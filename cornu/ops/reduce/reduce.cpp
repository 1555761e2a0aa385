#include "cornu/ops/reduce/reduce.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "cornu/ir/view.h"
#include "cornu/ops/pad/pad.h"
#include "cornu/ops/reference.h"
#include "cornu/ops/view/view.h"

namespace cornu::ops {
namespace {

using ir::ReduceKind;
using ir::VjpArgs;
using Attributes = ReduceAttributes;

bool is_reduced(const Attributes& a, int axis) { return std::binary_search(a.axes.begin(), a.axes.end(), axis); }

Shape reduced_shape(const Attributes& a, const Shape& shape) {
  Shape out;
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (!is_reduced(a, axis)) out.push_back(shape[axis]);
    else if (a.keepdims) out.push_back(1);
  return out;
}

bool needs_an_element(ReduceKind kind) {
  return kind == ReduceKind::max || kind == ReduceKind::min || kind == ReduceKind::argmax || kind == ReduceKind::argmin;
}

std::vector<ir::Spec> infer(std::string_view name, ReduceKind kind, const Attributes& a, const ir::Spec& in) {
  const bool is_logic = kind == ReduceKind::any || kind == ReduceKind::all;
  CORNU_CHECK(!a.axes.empty() && a.axes.back() < in.shape.rank());
  CORNU_CHECK((in.dtype == bool_) == is_logic, "`{}` got an operand of {}.", name, in.dtype.name());
  if (needs_an_element(kind))
    for (int axis : a.axes)
      if (in.shape[axis] == 0)
        throw error<ValueError>("`{}` of no elements is undefined. Received: an input of shape {}, axis={}", name,
                                to_string(in.shape), axis);
  const bool is_position = kind == ReduceKind::argmax || kind == ReduceKind::argmin;
  return {{is_position ? int32 : in.dtype, reduced_shape(a, in.shape)}};
}

// The gradient, or the result, at every element of the operand.
Value spread(const Value& reduced, const Attributes& a, const Value& x) {
  return broadcast_to(a.keepdims ? reduced : restore_axes(reduced, x.shape(), a.axes), x.shape());
}

std::vector<Value> vjp_sum(const Attributes& a, const VjpArgs& v) { return {spread(v.grad(), a, v.operand(0))}; }

// Ties share equally.
std::vector<Value> vjp_extremum(const Attributes& a, const VjpArgs& v) {
  const Value& x = v.operand(0);
  const Value chosen = cast(equal(x, spread(v.output(), a, x)), x.dtype());
  return {spread(v.grad(), a, x) * (chosen / spread(sum(chosen, a.axes, a.keepdims), a, x))};
}

// The product of all elements before each along the last axis, in a logarithmic number of steps.
Value exclusive_products(const Value& x) {
  const int last = x.shape().rank() - 1;
  const int64_t n = x.shape()[last];
  auto shifted = [&](const Value& v, int64_t by) {
    std::vector<int64_t> low(last + 1, 0), high(last + 1, 0);
    low[last] = by;
    high[last] = -by;
    return pad(v, low, high, {}, 1);
  };
  Value out = n == 0 ? x : shifted(x, 1);
  for (int64_t by = 1; by < n; by *= 2) out = out * shifted(out, by);
  return out;
}

// The gradient of an element is the product of all others. Dividing by the element would fail at zeros.
std::vector<Value> vjp_prod(const Attributes& a, const VjpArgs& v) {
  const Value& x = v.operand(0);
  const Shape& shape = x.shape();
  std::vector<int> order;
  Shape rows;
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (!is_reduced(a, axis)) order.push_back(axis), rows.push_back(shape[axis]);
  Shape inner = rows;
  for (int axis : a.axes) order.push_back(axis), inner.push_back(shape[axis]);
  rows.push_back(reduced_elements(shape, a.axes));

  const int last = rows.rank() - 1;
  const Value flat = reshape(transpose(x, order), rows);
  const Value others = exclusive_products(flat) * flip(exclusive_products(flip(flat, {last})), {last});
  std::vector<int> back(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) back[order[i]] = int(i);
  return {spread(v.grad(), a, x) * transpose(reshape(others, inner), back)};
}

// The reference folds the elements in row-major order.
template <class Wide>
Wide start_of(ReduceKind kind) {
  using Limits = std::numeric_limits<Wide>;
  switch (kind) {
    case ReduceKind::prod:
    case ReduceKind::all: return 1;
    case ReduceKind::max: return Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
    case ReduceKind::min: return Limits::has_infinity ? Limits::infinity() : Limits::max();
    default: return 0;
  }
}

template <class Wide>
Wide folded(ReduceKind kind, Wide total, Wide x) {
  if constexpr (std::is_same_v<Wide, bool>) return kind == ReduceKind::any ? total || x : total && x;
  else {
    using Sum = std::conditional_t<std::is_same_v<Wide, int64_t>, uint64_t, Wide>;  // wraps
    switch (kind) {
      case ReduceKind::sum: return Wide(Sum(total) + Sum(x));
      case ReduceKind::prod: return Wide(Sum(total) * Sum(x));
      case ReduceKind::max: return total != total || total > x ? total : x;
      default: return total != total || total < x ? total : x;
    }
  }
}

// Calls f(result element, operand element, position among the reduced) for every element of the operand.
template <class F>
void for_each_reduced(const Attributes& a, const Shape& shape, F&& f) {
  const auto kept = ir::dense_strides(reduced_shape({a.axes, true}, shape));
  std::vector<int64_t> result_strides(kept), position_strides(shape.rank(), 0);
  int64_t stride = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    if (!is_reduced(a, axis)) continue;
    result_strides[axis] = 0;
    position_strides[axis] = stride;
    stride *= shape[axis];
  }
  int64_t element = 0;
  for_each_index(shape, [&](const std::vector<int64_t>& index) {
    f(offset_of({0, result_strides}, index), element++, offset_of({0, position_strides}, index));
  });
}

void reference_fold(ReduceKind kind, const Attributes& a, const ir::HostOperand& in, const ir::HostOperand& out) {
  dispatch_wide(in.spec.dtype, [&]<class Wide>(Wide) {
    const auto x = widened<Wide>(in);
    auto y = std::make_unique<Wide[]>(out.elements());
    std::fill_n(y.get(), out.elements(), start_of<Wide>(kind));
    for_each_reduced(a, in.spec.shape, [&](int64_t to, int64_t from, int64_t) { y[to] = folded<Wide>(kind, y[to], x[from]); });
    store<Wide>(y.get(), out);
  });
}

void reference_position(ReduceKind kind, const Attributes& a, const ir::HostOperand& in, const ir::HostOperand& out) {
  dispatch_wide(in.spec.dtype, [&]<class Wide>(Wide) {
    const auto x = widened<Wide>(in);
    std::vector<std::optional<Wide>> best(out.elements());
    for_each_reduced(a, in.spec.shape, [&](int64_t to, int64_t from, int64_t position) {
      auto& held = best[to];
      const bool better =
          !held || (*held == *held && (x[from] != x[from] || (kind == ReduceKind::argmax ? x[from] > *held : x[from] < *held)));
      if (!better) return;
      held = x[from];
      out.as<int32_t>()[to] = static_cast<int32_t>(position);
    });
  });
}

OpDef reduction(std::string_view name, ReduceKind kind, std::vector<Value> (*vjp)(const Attributes&, const VjpArgs&)) {
  OpDef op{.name = name};
  op.infer = [=](const ir::Attributes& a, std::span<const ir::Spec> in) { return infer(name, kind, a.as<Attributes>(), in[0]); };
  op.reduction = [=](const ir::Attributes& a, const ir::Spec&) { return ir::Reduction{kind, a.as<Attributes>().axes}; };
  if (vjp) op.vjp = [vjp](const VjpArgs& v) { return vjp(v.node.attributes<Attributes>(), v); };
  const auto reference = kind == ReduceKind::argmax || kind == ReduceKind::argmin ? reference_position : reference_fold;
  op.reference = [=](const ir::Attributes& a, std::span<const ir::HostOperand> in, std::span<const ir::HostOperand> out) {
    reference(kind, a.as<Attributes>(), in[0], out[0]);
  };
  return op;
}

Value reduced(const OpDef& op, const Value& x, const std::vector<int>& axes, bool keepdims) {
  const auto sorted = normalize_axes(axes, x.shape().rank(), op.name.data(), false);
  return sorted.empty() ? x : ir::apply(op, Attributes{sorted, keepdims}, {x});
}

// Position 0 where there is nothing to choose among.
Value position(const OpDef& op, const Value& x, const std::vector<int>& axes, bool keepdims) {
  return axes.empty() ? ir::constant(0, int32, x.shape()) : reduced(op, x, axes, keepdims);
}

}  // namespace

const OpDef sum_op = reduction("sum", ReduceKind::sum, vjp_sum);
const OpDef prod_op = reduction("prod", ReduceKind::prod, vjp_prod);
const OpDef max_op = reduction("max", ReduceKind::max, vjp_extremum);
const OpDef min_op = reduction("min", ReduceKind::min, vjp_extremum);
const OpDef any_op = reduction("any", ReduceKind::any, nullptr);
const OpDef all_op = reduction("all", ReduceKind::all, nullptr);
const OpDef argmax_op = reduction("argmax", ReduceKind::argmax, nullptr);
const OpDef argmin_op = reduction("argmin", ReduceKind::argmin, nullptr);

#define CORNU_FUNCTION(name) \
  Value name(const Value& x, const std::vector<int>& axes, bool keepdims) { return reduced(name##_op, x, axes, keepdims); }
CORNU_REDUCE_OPS(CORNU_FUNCTION)
#undef CORNU_FUNCTION
Value argmax(const Value& x, const std::vector<int>& axes, bool keepdims) { return position(argmax_op, x, axes, keepdims); }
Value argmin(const Value& x, const std::vector<int>& axes, bool keepdims) { return position(argmin_op, x, axes, keepdims); }

std::vector<int> all_axes(const Value& x) { return normalize_axes({}, x.shape().rank(), "sum", true); }

int64_t reduced_elements(const Shape& shape, const std::vector<int>& axes) {
  int64_t out = 1;
  for (int axis : axes)
    if (shape[axis] != Shape::kUnknown) out *= shape[axis];
  return out;
}

Value restore_axes(const Value& reduced, const Shape& operand, const std::vector<int>& axes) {
  return reshape(reduced, reduced_shape({normalize_axes(axes, operand.rank(), "sum", false), true}, operand));
}

}  // namespace cornu::ops

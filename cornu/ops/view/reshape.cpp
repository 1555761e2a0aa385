#include <algorithm>

#include "cornu/ops/view/view_row.h"

namespace cornu::ops {
namespace {

// The target with its one -1 replaced, as far as the operand's shape tells; nothing where the elements do not fit.
std::optional<Shape> resolved(const Shape& from, Shape to) {
  if (!from.is_known()) return to;
  int free = -1, unknown = 0;
  int64_t rest = 1;
  for (int axis = 0; axis < to.rank(); ++axis)
    if (to[axis] == Shape::kUnknown) free = axis, ++unknown;
    else rest *= to[axis];
  if (unknown == 1 && rest > 0 && from.elements() % rest == 0) to[free] = from.elements() / rest;
  else if (unknown == 0 ? rest != from.elements() : rest > 0 && from.elements() % rest != 0) return std::nullopt;
  return to;
}

[[noreturn]] void refuse(const Shape& from, const Shape& to) {
  throw error<ValueError>(
      "`reshape` cannot bring an array of shape {} ({} elements) to shape ({}): the number of elements must stay, and "
      "at most "
      "one dim may be -1.",
      to_string(from), from.elements(), fmt::join(to.dims(), ", "));
}

std::vector<ir::Spec> infer(const ReshapeAttributes& a, std::span<const ir::Spec> in) {
  const auto shape = resolved(in[0].shape, a.shape);
  if (!shape) refuse(in[0].shape, a.shape);
  return {{in[0].dtype, *shape}};
}

std::vector<Value> vjp(const ReshapeAttributes&, const ir::VjpArgs& v) { return {reshape_like(v.grad(), v.operand(0))}; }

// Groups of axes with the same number of elements on both sides; within a group the operand must walk evenly.
std::optional<ir::StridedView> view(const ReshapeAttributes&, const ir::Spec& operand, const ir::Spec& result,
                                    const ir::StridedView& base) {
  std::vector<int64_t> from, steps;  // without axes of extent 1, neighbours merged where they walk evenly
  for (int axis = 0; axis < operand.shape.rank(); ++axis) {
    const int64_t dim = operand.shape[axis], stride = base.strides[axis];
    if (dim == 1) continue;
    if (!from.empty() && steps.back() == stride * dim) {
      from.back() *= dim;
      steps.back() = stride;
    } else {
      from.push_back(dim);
      steps.push_back(stride);
    }
  }
  ir::StridedView out{base.offset, std::vector<int64_t>(result.shape.rank(), 0)};
  if (result.shape.elements() == 0) return out;
  int64_t left = 1, stride = 1;  // of the run being split, from the inside
  for (int axis = result.shape.rank() - 1; axis >= 0; --axis) {
    const int64_t dim = result.shape[axis];
    if (dim == 1) continue;
    if (left == 1) {
      left = from.back();
      stride = steps.back();
      from.pop_back();
      steps.pop_back();
    }
    if (left % dim != 0) return std::nullopt;
    out.strides[axis] = stride;
    stride *= dim;
    left /= dim;
  }
  return out;
}

}  // namespace

const OpDef reshape_op = ir::define_op(ir::OpSpec<ReshapeAttributes>{
    .name = "reshape", .infer = infer, .vjp = vjp, .view = view, .reference = view_reference<view, ReshapeAttributes>});

Value reshape(const Value& x, const Shape& shape) {
  const auto target = resolved(x.shape(), shape);
  if (!target || (x.shape().is_known() && !target->is_known())) refuse(x.shape(), shape);
  return *target == x.shape() ? x : ir::apply(reshape_op, ReshapeAttributes{*target}, {x});
}

Value reshape_like(const Value& x, const Value& other) {
  const Shape& shape = other.shape();
  return shape == x.shape() ? x : ir::apply(reshape_op, ReshapeAttributes{shape}, {x});
}

Value expand_dims(const Value& x, int axis) {
  auto dims = x.shape().dims();
  dims.insert(dims.begin() + normalize_axis(axis, x.shape().rank() + 1, "expand_dims"), 1);
  return reshape(x, Shape(dims));
}

Value squeeze(const Value& x, const std::vector<int>& axes) {
  const Shape& shape = x.shape();
  const auto named = normalize_axes(axes, shape.rank(), "squeeze", false);
  Shape out;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const bool drop = axes.empty() ? shape[axis] == 1 : std::binary_search(named.begin(), named.end(), axis);
    if (drop && shape[axis] != 1 && shape[axis] != Shape::kUnknown)
      throw error<ValueError>("`squeeze` can remove axes of size 1 only. Received: axis={} for shape {}", axis, to_string(shape));
    if (!drop) out.push_back(shape[axis]);
  }
  return reshape(x, out);
}

}  // namespace cornu::ops

#include <algorithm>

#include "cornu/ops/reduce/reduce.h"
#include "cornu/ops/view/view_row.h"

namespace cornu::ops {
namespace {

// The target, with what the operand knows of its unknown dims.
Shape target_of(const Shape& from, const Shape& to) {
  Shape out;
  bool fits = from.rank() <= to.rank() && broadcast_shapes(from, to, out);
  // The result may not be larger than the target: an operand's dim is 1 or the target's.
  for (int axis = 0; fits && axis < to.rank(); ++axis) fits = to[axis] == Shape::kUnknown || out[axis] == to[axis];
  if (!fits)
    throw error<ValueError>(
        "`broadcast_to` cannot bring an array of shape {} to shape {}: from the right, each dim must be 1 or the "
        "target's.",
        to_string(from), to_string(to));
  return out;
}

std::vector<ir::Spec> infer(const BroadcastAttributes& a, std::span<const ir::Spec> in) {
  return {{in[0].dtype, target_of(in[0].shape, a.shape)}};
}

// The sum over what was repeated.
std::vector<Value> vjp(const BroadcastAttributes&, const ir::VjpArgs& v) {
  const Shape &from = v.operand(0).shape(), &to = v.grad().shape();
  const int added = to.rank() - from.rank();
  std::vector<int> axes;
  for (int axis = 0; axis < to.rank(); ++axis)
    if (axis < added || (from[axis - added] == 1 && to[axis] != 1)) axes.push_back(axis);
  return {reshape_like(sum(v.grad(), axes), v.operand(0))};
}

std::optional<ir::StridedView> view(const BroadcastAttributes&, const ir::Spec& operand, const ir::Spec& result,
                                    const ir::StridedView& base) {
  const int added = result.shape.rank() - operand.shape.rank();
  ir::StridedView out{base.offset, std::vector<int64_t>(added, 0)};
  for (int axis = 0; axis < operand.shape.rank(); ++axis)
    out.strides.push_back(operand.shape[axis] == 1 ? 0 : base.strides[axis]);
  return out;
}

}  // namespace

const OpDef broadcast_op = ir::define_op(ir::OpSpec<BroadcastAttributes>{
    .name = "broadcast", .infer = infer, .vjp = vjp, .view = view, .reference = view_reference<view, BroadcastAttributes>});

Value broadcast_to(const Value& x, const Shape& shape) {
  return x.shape() == shape ? x : ir::apply(broadcast_op, BroadcastAttributes{shape}, {x});
}

Value repeated_vector(const Value& v) {
  if (&v->op() != &broadcast_op) return {};
  const Value& from = v->operand(0);
  const Shape& shape = from.shape();
  if (shape.rank() == 0 || shape[-1] != v.shape()[-1]) return {};
  return std::all_of(shape.begin(), shape.end() - 1, [](int64_t n) { return n == 1; }) ? from : Value();
}

}  // namespace cornu::ops

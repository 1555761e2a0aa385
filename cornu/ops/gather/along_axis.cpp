#include "cornu/ir/lowering.h"
#include "cornu/ops/axis.h"
#include "cornu/ops/gather/gather.h"
#include "cornu/ops/gather/index.h"
#include "cornu/ops/view/view.h"

namespace cornu::ops {
namespace {

// The dims that x and the indices agree on; along the axis it is x's.
Shape merged(const AlongAxisAttributes& a, std::string_view op, const ir::Spec& x, const ir::Spec& indices) {
  Shape out = x.shape;
  bool fits = out.rank() == indices.shape.rank() && (indices.dtype == int32 || indices.dtype == int64);
  for (int axis = 0; fits && axis < out.rank(); ++axis)
    if (axis != a.axis) fits = merge_dims(out[axis], indices.shape[axis], out[axis]);
  CORNU_CHECK(fits, "`{}` got {} and {}.", op, to_string(x), to_string(indices));
  return out;
}

std::vector<ir::Spec> infer_take(const AlongAxisAttributes& a, std::span<const ir::Spec> in) {
  Shape out = merged(a, "take_along_axis", in[0], in[1]);
  out[a.axis] = in[1].shape[a.axis];
  return {{in[0].dtype, out}};
}

std::vector<ir::Spec> infer_add(const AlongAxisAttributes& a, std::span<const ir::Spec> in) {
  const ir::Spec base{in[0].dtype, merged(a, "add_along_axis", in[0], in[1])};
  CORNU_CHECK(in[2].dtype == base.dtype && compatible(in[1].shape, in[2].shape), "`add_along_axis` got {} and {}.",
              to_string(in[1]), to_string(in[2]));
  return {{base.dtype, merged(a, "add_along_axis", base, {in[1].dtype, in[2].shape})}};
}

std::vector<Value> vjp_take(const AlongAxisAttributes& a, const ir::VjpArgs& v) {
  return {ir::apply(add_along_axis_op, a, {zeros_like(v.operand(0)), v.operand(1), v.grad()}), Value()};
}

// What was dropped has no gradient: it must not read as `fill`.
std::vector<Value> vjp_add(const AlongAxisAttributes& a, const ir::VjpArgs& v) {
  const Value taken = ir::apply(take_along_axis_op, a, {v.grad(), v.operand(1)});
  const Value &indices = v.operand(1), n = ir::constant(double(v.operand(0).shape()[a.axis]), indices.dtype());
  const Value inside = logical_and(greater_equal(indices, -n), less(indices, n));
  return {v.grad(), Value(), select(inside, taken, zeros_like(taken))};
}

// Calls f(offset in x, offset in indices) for every index, in order; the former is kNowhere where it is out of range.
template <class Index, class F>
void for_each_place(const AlongAxisAttributes& a, const ir::HostOperand& x, const ir::HostOperand& indices, F&& f) {
  const AxisSplit split = split_at(x.spec.shape, a.axis), places = split_at(indices.spec.shape, a.axis);
  for (int64_t i = 0; i < indices.elements(); ++i) {
    const int64_t inner = i % places.inner, outer = i / places.inner / places.extent;
    const int64_t at = resolve_index(int64_t(indices.as<Index>()[i]), split.extent, OutOfRange::fill);
    f(at == kNowhere ? kNowhere : (outer * split.extent + at) * split.inner + inner, i);
  }
}

void reference_take(const AlongAxisAttributes& a, std::span<const ir::HostOperand> in, std::span<const ir::HostOperand> out) {
  dispatch(out[0].spec.dtype, [&]<class T>(T) {
    dispatch_index(in[1].spec.dtype, [&]<class Index>(Index) {
      for_each_place<Index>(a, in[0], in[1], [&](int64_t from, int64_t to) {
        out[0].as<T>()[to] = from == kNowhere ? fill_value<T>() : in[0].as<T>()[from];
      });
    });
  });
}

void reference_add(const AlongAxisAttributes& a, std::span<const ir::HostOperand> in, std::span<const ir::HostOperand> out) {
  dispatch(out[0].spec.dtype, [&]<class T>(T) {
    std::copy_n(in[0].as<T>(), in[0].elements(), out[0].as<T>());
    dispatch_index(in[1].spec.dtype, [&]<class Index>(Index) {
      for_each_place<Index>(a, in[0], in[1], [&](int64_t to, int64_t from) {
        if (to != kNowhere) out[0].as<T>()[to] = static_cast<T>(out[0].as<T>()[to] + in[2].as<T>()[from]);
      });
    });
  });
}

// Both brought to the dims that they share, `axis` aside.
void broadcast_but(int axis, std::string_view op, Value& x, Value& indices) {
  const int rank = x.shape().rank();
  if (indices.shape().rank() != rank)
    throw error<ValueError>("`{}` wants indices of the input's rank. Received: shapes {} and {}", op, to_string(x.shape()),
                            to_string(indices.shape()));
  Shape to_x = x.shape(), to_indices = indices.shape(), both;
  to_x[axis] = to_indices[axis] = 1;
  if (!broadcast_shapes(to_x, to_indices, both))
    throw error<ValueError>("`{}` wants shapes that broadcast, axis={} aside. Received: {} and {}", op, axis,
                            to_string(x.shape()), to_string(indices.shape()));
  to_x = to_indices = both;
  to_x[axis] = x.shape()[axis];
  to_indices[axis] = indices.shape()[axis];
  x = broadcast_to(x, to_x);
  indices = broadcast_to(indices, to_indices);
}

}  // namespace

const OpDef take_along_axis_op = ir::define_op(
    ir::OpSpec<AlongAxisAttributes>{.name = "take_along_axis",
                                    .min_operands = 2,
                                    .max_operands = 2,
                                    .infer = infer_take,
                                    .vjp = vjp_take,
                                    .reference = reference_take,
                                    .lowerings = ir::joined<take_along_axis_cpu_lowerings, take_along_axis_cuda_lowerings>});

const OpDef add_along_axis_op = ir::define_op(
    ir::OpSpec<AlongAxisAttributes>{.name = "add_along_axis",
                                    .min_operands = 3,
                                    .max_operands = 3,
                                    .infer = infer_add,
                                    .vjp = vjp_add,
                                    .reference = reference_add,
                                    .lowerings = ir::joined<add_along_axis_cpu_lowerings, add_along_axis_cuda_lowerings>});

Value take_along_axis(const Value& x, const Value& indices, int axis) {
  const int at = normalize_axis(axis, x.shape().rank(), "take_along_axis");
  Value from = x, places = as_indices(indices, "take_along_axis");
  broadcast_but(at, "take_along_axis", from, places);
  return ir::apply(take_along_axis_op, AlongAxisAttributes{at}, {from, places});
}

Value add_along_axis(const Value& base, const Value& indices, const Value& updates, int axis) {
  const int at = normalize_axis(axis, base.shape().rank(), "add_along_axis");
  Value to = base, places = as_indices(indices, "add_along_axis");
  broadcast_but(at, "add_along_axis", to, places);
  return ir::apply(add_along_axis_op, AlongAxisAttributes{at}, {to, places, broadcast_to(updates, places.shape())});
}

}  // namespace cornu::ops

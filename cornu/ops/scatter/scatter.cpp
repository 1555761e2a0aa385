#include "cornu/ops/scatter/scatter.h"

#include <limits>
#include <utility>

#include "cornu/ir/lowering.h"
#include "cornu/ops/axis.h"
#include "cornu/ops/gather/index.h"
#include "cornu/ops/iota/iota.h"
#include "cornu/ops/scatter/reduction.h"
#include "cornu/ops/view/view.h"

namespace cornu::ops {
namespace {

GatherAttributes places_of(const ScatterAttributes& a) {
  return {a.axis, a.depth, a.out_of_range == OutOfRange::clip ? OutOfRange::clip : OutOfRange::zero};
}

std::vector<ir::Spec> infer(const ScatterAttributes& a, std::span<const ir::Spec> in) {
  const ir::Spec read = gather_op.infer(ir::Attributes::of(places_of(a)), in.first(2))[0];
  CORNU_CHECK(in[2].dtype == in[0].dtype, "`scatter` got a base of {} and updates of {}.", in[0].dtype.name(),
              in[2].dtype.name());
  if (!compatible(read.shape, in[2].shape))
    throw error<ValueError>("`scatter` wants updates of shape {} for indices of shape {} into shape {}. Received: {}",
                            to_string(read.shape), to_string(in[1].shape), to_string(in[0].shape), to_string(in[2].shape));
  return {in[0]};
}

Value scattered(ScatterAttributes a, ScatterReduction reduction, const Value& base, const Value& indices, const Value& updates) {
  a.reduction = reduction;
  return ir::apply(scatter_op, a, {base, indices, updates});
}

// Of the updates that name one place the last is kept: 1 where an update was, with the updates' shape.
Value kept(const ScatterAttributes& a, const Value& base, const Value& indices, const Value& updates) {
  Shape numbers = indices.shape(), places(indexed_dims(base.shape(), a.axis, a.depth));
  numbers = Shape(std::vector<int64_t>(numbers.begin(), numbers.end() - 1));
  ScatterAttributes alone = a;
  alone.axis = 0;
  const Value number =
      numbers.is_known() ? reshape(iota(int32, {numbers.elements()}, 0), numbers) : ir::constant(0, int32, numbers);
  const Value last = scattered(alone, ScatterReduction::set, ir::constant(-1, int32, places), indices, number);
  Value mine = cast(equal(ir::apply(gather_op, places_of(alone), {last, indices}), number), updates.dtype());
  Shape wide(std::vector<int64_t>(a.axis, 1));  // outer dims, the indices' dims, inner dims
  for (int64_t dim : numbers) wide.push_back(dim);
  while (wide.rank() < updates.shape().rank()) wide.push_back(1);
  return reshape(mine, wide);
}

std::vector<Value> vjp(const ScatterAttributes& a, const ir::VjpArgs& v) {
  const Value &base = v.operand(0), &indices = v.operand(1), &updates = v.operand(2), &grad = v.grad();
  auto read = [&](const Value& x) { return ir::apply(gather_op, places_of(a), {x, indices}); };
  switch (a.reduction) {
    case ScatterReduction::add: return {grad, Value(), read(grad)};
    case ScatterReduction::set:
      return {scattered(a, ScatterReduction::set, grad, indices, zeros_like(updates)), Value(),
              read(grad) * kept(a, base, indices, updates)};
    case ScatterReduction::mul:
      return {grad * scattered(a, ScatterReduction::mul, ones_like(base), indices, updates), Value(),
              read(grad * v.output()) / updates};
    default: {  // the winners share
      const Value of_base = cast(equal(base, v.output()), grad.dtype());
      const Value of_updates = cast(equal(updates, read(v.output())), grad.dtype());
      const Value share = grad / scattered(a, ScatterReduction::add, of_base, indices, of_updates);
      return {share * of_base, Value(), read(share) * of_updates};
    }
  }
}

void reference(const ScatterAttributes& a, std::span<const ir::HostOperand> in, std::span<const ir::HostOperand> out) {
  const AxisSplit split = split_at(in[0].spec.shape, a.axis, a.depth);
  const auto dims = indexed_dims(in[0].spec.shape, a.axis, a.depth);
  std::vector<int64_t> places(in[1].elements() / a.depth);
  dispatch_index(in[1].spec.dtype, [&]<class Index>(Index) {
    for (std::size_t i = 0; i < places.size(); ++i)
      places[i] = resolve_index(in[1].as<Index>() + i * a.depth, dims, a.out_of_range);
  });
  dispatch(out[0].spec.dtype, [&]<class T>(T) {
    std::copy_n(in[0].as<T>(), in[0].elements(), out[0].as<T>());
    dispatch_reduction(a.reduction, [&](auto reduction) {
      const T* from = in[2].as<T>();
      for (int64_t outer = 0; outer < split.outer; ++outer)
        for (const int64_t at : places) {
          const T* update = std::exchange(from, from + split.inner);
          if (at == kNowhere) continue;
          T* to = out[0].as<T>() + (outer * split.extent + at) * split.inner;
          for (int64_t k = 0; k < split.inner; ++k) to[k] = reduced<reduction.value>(to[k], update[k]);
        }
    });
  });
}

// What a segment without rows is.
Value identity(ScatterReduction reduction, DType dtype, const Shape& shape) {
  using enum ScatterReduction;
  if (reduction != max && reduction != min) return ir::constant(reduction == mul ? 1 : 0, dtype, shape);
  if (dtype.is_floating())
    return ir::constant(std::numeric_limits<double>::infinity() * (reduction == max ? -1 : 1), dtype, shape);
  if (dtype == bool_) return ir::constant(reduction == min, dtype, shape);
  return dispatch(dtype, [&]<class T>(T) {
    const T value = reduction == max ? std::numeric_limits<T>::lowest() : std::numeric_limits<T>::max();
    return ir::integer_constant(static_cast<int64_t>(value), dtype, shape);
  });
}

}  // namespace

const OpDef scatter_op =
    ir::define_op(ir::OpSpec<ScatterAttributes>{.name = "scatter",
                                                .min_operands = 3,
                                                .max_operands = 3,
                                                .infer = infer,
                                                .vjp = vjp,
                                                .reference = reference,
                                                .lowerings = ir::joined<scatter_cpu_lowerings, scatter_cuda_lowerings>});

Value scatter_add(const Value& base, const Value& indices, const Value& updates, int axis, OutOfRange out_of_range) {
  const int at = normalize_axis(axis, base.shape().rank(), "scatter_add");
  return ir::apply(scatter_op, ScatterAttributes{at, 1, out_of_range, ScatterReduction::add},
                   {base, expand_dims(as_indices(indices, "scatter_add"), -1), updates});
}

Value scatter_nd(const Value& base, const Value& indices, const Value& updates, ScatterReduction reduction) {
  const int64_t depth = indices.shape().rank() > 0 ? indices.shape()[-1] : Shape::kUnknown;
  if (depth <= 0 || depth > base.shape().rank())
    throw error<ValueError>(
        "The last dim of the indices of `scatter` is the number of leading axes that they index. Received: indices of shape {} "
        "for an array of shape {}",
        to_string(indices.shape()), to_string(base.shape()));
  return ir::apply(scatter_op, ScatterAttributes{0, int(depth), OutOfRange::fill, reduction},
                   {base, as_indices(indices, "scatter"), updates});
}

Value scatter(const Value& indices, const Value& values, const Shape& shape) {
  return scatter_nd(ir::constant(0, values.dtype(), shape), indices, values, ScatterReduction::add);
}

Value segment_reduce(const Value& data, const Value& segment_ids, int64_t segments, ScatterReduction reduction) {
  if (data.shape().rank() == 0 || segments < 0)
    throw error<ValueError>(
        "`segment_sum` wants data with at least one axis and num_segments >= 0. Received: shape {}, num_segments={}",
        to_string(data.shape()), segments);
  Shape shape = data.shape();
  shape[0] = segments;
  const Value ids = as_indices(segment_ids, "segment_sum");
  const Value beyond = full_like(ids, double(segments));
  const Value places = expand_dims(select(less(ids, zeros_like(ids)), beyond, ids), -1);
  return ir::apply(scatter_op, ScatterAttributes{0, 1, OutOfRange::fill, reduction},
                   {identity(reduction, data.dtype(), shape), places, data});
}

}  // namespace cornu::ops

#include "cornu/ops/gather/gather.h"

#include <cstring>

#include "cornu/ir/lowering.h"
#include "cornu/ops/axis.h"
#include "cornu/ops/gather/index.h"
#include "cornu/ops/scatter/scatter.h"
#include "cornu/ops/view/view.h"

namespace cornu::ops {
namespace {

std::vector<ir::Spec> infer(const GatherAttributes& a, std::span<const ir::Spec> in) {
  const Shape &x = in[0].shape, &indices = in[1].shape;
  CORNU_CHECK((in[1].dtype == int32 || in[1].dtype == int64) && a.axis + a.depth <= x.rank() && indices.rank() > 0 &&
                  compatible({a.depth}, {indices[-1]}),
              "`gather` of {} axes got {} and {}.", a.depth, to_string(in[0]), to_string(in[1]));
  Shape out;
  for (int i = 0; i < a.axis; ++i) out.push_back(x[i]);
  for (int i = 0; i + 1 < indices.rank(); ++i) out.push_back(indices[i]);
  for (int i = a.axis + a.depth; i < x.rank(); ++i) out.push_back(x[i]);
  return {{in[0].dtype, out}};
}

std::vector<Value> vjp(const GatherAttributes& a, const ir::VjpArgs& v) {
  const ScatterAttributes back{a.axis, a.depth, a.out_of_range, ScatterReduction::add};
  return {ir::apply(scatter_op, back, {zeros_like(v.operand(0)), v.operand(1), v.grad()}), Value()};
}

void reference(const GatherAttributes& a, std::span<const ir::HostOperand> in, std::span<const ir::HostOperand> out) {
  const AxisSplit split = split_at(in[0].spec.shape, a.axis, a.depth);
  const auto dims = indexed_dims(in[0].spec.shape, a.axis, a.depth);
  const int64_t count = in[1].elements() / a.depth;
  dispatch(out[0].spec.dtype, [&]<class T>(T) {
    dispatch_index(in[1].spec.dtype, [&]<class Index>(Index) {
      T* to = out[0].as<T>();
      for (int64_t outer = 0; outer < split.outer; ++outer)
        for (int64_t i = 0; i < count; ++i, to += split.inner) {
          const int64_t at = resolve_index(in[1].as<Index>() + i * a.depth, dims, a.out_of_range);
          if (at == kNowhere) std::fill_n(to, split.inner, a.out_of_range == OutOfRange::fill ? fill_value<T>() : T());
          else std::copy_n(in[0].as<T>() + (outer * split.extent + at) * split.inner, split.inner, to);
        }
    });
  });
}

}  // namespace

const OpDef gather_op =
    ir::define_op(ir::OpSpec<GatherAttributes>{.name = "gather",
                                               .min_operands = 2,
                                               .max_operands = 2,
                                               .infer = infer,
                                               .vjp = vjp,
                                               .reference = reference,
                                               .lowerings = ir::joined<gather_cpu_lowerings, gather_cuda_lowerings>});

Value as_indices(const Value& indices, std::string_view op) {
  const DType dtype = indices.dtype();
  if (!dtype.is_integer()) throw error<TypeError>("The indices of `{}` must be integers. Received: dtype={}", op, dtype.name());
  if (dtype == int32 || dtype == int64) return indices;
  return cast(indices, dtype.size() < 4 ? int32 : int64);
}

Value gather(const Value& x, const Value& indices, int axis, OutOfRange out_of_range) {
  const int at = normalize_axis(axis, x.shape().rank(), "take");
  return ir::apply(gather_op, GatherAttributes{at, 1, out_of_range}, {x, expand_dims(as_indices(indices, "take"), -1)});
}

Value gather_nd(const Value& x, const Value& indices, int axis, OutOfRange out_of_range) {
  const int at = normalize_axis(axis, x.shape().rank(), "gather_nd");
  const int64_t depth = indices.shape().rank() > 0 ? indices.shape()[-1] : Shape::kUnknown;
  if (depth <= 0 || at + depth > x.shape().rank())
    throw error<ValueError>(
        "The last dim of the indices of `gather_nd` is the number of axes that they index, from axis {} on. Received: indices of "
        "shape {} for an input of shape {}",
        at, to_string(indices.shape()), to_string(x.shape()));
  return ir::apply(gather_op, GatherAttributes{at, int(depth), out_of_range}, {x, as_indices(indices, "gather_nd")});
}

}  // namespace cornu::ops

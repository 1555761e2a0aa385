#include "cornu/ops/concat/concat.h"

#include <algorithm>

#include "cornu/ir/lowering.h"
#include "cornu/ops/axis.h"
#include "cornu/ops/view/view.h"

namespace cornu::ops {
namespace {

std::string shapes_text(std::span<const ir::Spec> specs) {
  std::string out;
  for (const ir::Spec& s : specs) out += (out.empty() ? "" : ", ") + to_string(s.shape);
  return out;
}

std::vector<ir::Spec> infer(const ConcatAttributes& a, std::span<const ir::Spec> in) {
  Shape out = in[0].shape;
  for (const ir::Spec& s : in.subspan(1)) {
    CORNU_CHECK(s.dtype == in[0].dtype, "`concat` got operands of {} and {}.", in[0].dtype.name(), s.dtype.name());
    bool fits = s.shape.rank() == out.rank();
    for (int axis = 0; fits && axis < out.rank(); ++axis) {
      int64_t& dim = out[axis];
      if (axis != a.axis) fits = merge_dims(dim, s.shape[axis], dim);
      else dim = dim == Shape::kUnknown || s.shape[axis] == Shape::kUnknown ? Shape::kUnknown : dim + s.shape[axis];
    }
    if (!fits)
      throw error<ValueError>("`concatenate` wants operands whose shapes differ along axis={} only. Received shapes: {}", a.axis,
                              shapes_text(in));
  }
  return {{in[0].dtype, out}};
}

std::vector<Value> vjp(const ConcatAttributes& a, const ir::VjpArgs& v) {
  std::vector<Value> out;
  int64_t start = 0;
  for (const Value& operand : v.operands) {
    const int64_t dim = operand.shape()[a.axis];
    // Where a dim is unknown only the rank of the gradient matters.
    const bool known = dim != Shape::kUnknown && start != Shape::kUnknown;
    out.push_back(slice_axis(v.grad(), a.axis, known ? start : 0, known ? start + dim : kSliceEnd));
    start = known ? start + dim : Shape::kUnknown;
  }
  return out;
}

void reference(const ConcatAttributes& a, std::span<const ir::HostOperand> in, std::span<const ir::HostOperand> out) {
  const int64_t size = out[0].spec.dtype.size(), outer = split_at(out[0].spec.shape, a.axis).outer;
  std::byte* to = out[0].data;
  for (int64_t row = 0; row < outer; ++row)
    for (const ir::HostOperand& operand : in) {
      const int64_t bytes = operand.elements() / outer * size;
      to = std::copy_n(operand.data + row * bytes, bytes, to);
    }
}

}  // namespace

const OpDef concat_op =
    ir::define_op(ir::OpSpec<ConcatAttributes>{.name = "concat",
                                               .max_operands = -1,
                                               .infer = infer,
                                               .vjp = vjp,
                                               .reference = reference,
                                               .lowerings = ir::joined<concat_cpu_lowerings, concat_cuda_lowerings>});

Value concat(std::vector<Value> values, int axis) {
  if (values.empty()) throw error<ValueError>("`concatenate` wants at least one array. Received: xs=[]");
  const int at = normalize_axis(axis, values[0].shape().rank(), "concatenate");
  return values.size() == 1 ? values[0] : ir::apply(concat_op, ConcatAttributes{at}, std::move(values));
}

Value stack(std::vector<Value> values, int axis) {
  if (values.empty()) throw error<ValueError>("`stack` wants at least one array. Received: x=[]");
  for (const Value& v : values)
    if (!compatible(v.shape(), values[0].shape()))
      throw error<ValueError>("`stack` wants arrays of one shape. Received: {} and {}", to_string(values[0].shape()),
                              to_string(v.shape()));
  for (Value& v : values) v = expand_dims(v, axis);
  return concat(std::move(values), axis);
}

std::vector<Value> split(const Value& x, int64_t sections, int axis) {
  const int at = normalize_axis(axis, x.shape().rank(), "split");
  const int64_t dim = x.shape()[at];
  if (sections <= 0 || (dim != Shape::kUnknown && dim % sections != 0))
    throw error<ValueError>(
        "`split` into equal parts wants a dim that the number of parts divides. Received: indices_or_sections={}, axis={} of "
        "shape {}",
        sections, axis, to_string(x.shape()));
  if (dim == Shape::kUnknown) return std::vector<Value>(sections, x);  // only the spec matters
  std::vector<Value> out;
  for (int64_t i = 0; i < sections; ++i) out.push_back(slice_axis(x, at, i * (dim / sections), (i + 1) * (dim / sections)));
  return out;
}

std::vector<Value> split(const Value& x, const std::vector<int64_t>& indices, int axis) {
  std::vector<Value> out;
  int64_t start = 0;
  for (int64_t stop : indices) {
    out.push_back(slice_axis(x, axis, start, stop));
    start = stop;
  }
  out.push_back(slice_axis(x, axis, start, kSliceEnd));
  return out;
}

}  // namespace cornu::ops

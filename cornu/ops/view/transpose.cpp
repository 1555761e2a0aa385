#include <algorithm>
#include <numeric>

#include "cornu/ops/view/view_row.h"

namespace cornu::ops {
namespace {

std::vector<ir::Spec> infer(const TransposeAttributes& a, std::span<const ir::Spec> in) {
  CORNU_CHECK(int(a.permutation.size()) == in[0].shape.rank());
  Shape out;
  for (int axis : a.permutation) out.push_back(in[0].shape[axis]);
  return {{in[0].dtype, out}};
}

std::vector<Value> vjp(const TransposeAttributes& a, const ir::VjpArgs& v) {
  std::vector<int> inverse(a.permutation.size());
  for (std::size_t i = 0; i < inverse.size(); ++i) inverse[a.permutation[i]] = int(i);
  return {transpose(v.grad(), inverse)};
}

std::optional<ir::StridedView> view(const TransposeAttributes& a, const ir::Spec&, const ir::Spec&, const ir::StridedView& base) {
  ir::StridedView out{base.offset, {}};
  for (int axis : a.permutation) out.strides.push_back(base.strides[axis]);
  return out;
}

std::vector<int> identity(int rank) {
  std::vector<int> out(rank);
  std::iota(out.begin(), out.end(), 0);
  return out;
}

}  // namespace

const OpDef transpose_op = ir::define_op(ir::OpSpec<TransposeAttributes>{
    .name = "transpose", .infer = infer, .vjp = vjp, .view = view, .reference = view_reference<view, TransposeAttributes>});

Value transpose(const Value& x, const std::vector<int>& permutation) {
  const int rank = x.shape().rank();
  std::vector<int> axes;
  for (int axis : permutation) axes.push_back(normalize_axis(axis, rank, "transpose"));
  auto sorted = axes;
  std::sort(sorted.begin(), sorted.end());
  if (sorted != identity(rank))
    throw error<ValueError>("`axes` of `transpose` must be a permutation of the {} axes of the input. Received: axes=({})", rank,
                            fmt::join(permutation, ", "));
  return axes == sorted ? x : ir::apply(transpose_op, TransposeAttributes{axes}, {x});
}

Value transpose(const Value& x) {
  auto axes = identity(x.shape().rank());
  std::reverse(axes.begin(), axes.end());
  return transpose(x, axes);
}

Value swapaxes(const Value& x, int a, int b) {
  const int rank = x.shape().rank();
  auto axes = identity(rank);
  std::swap(axes[normalize_axis(a, rank, "swapaxes")], axes[normalize_axis(b, rank, "swapaxes")]);
  return transpose(x, axes);
}

Value moveaxis(const Value& x, int from, int to) {
  const int rank = x.shape().rank();
  auto axes = identity(rank);
  const int moved = normalize_axis(from, rank, "moveaxis");
  axes.erase(axes.begin() + moved);
  axes.insert(axes.begin() + normalize_axis(to, rank, "moveaxis"), moved);
  return transpose(x, axes);
}

}  // namespace cornu::ops

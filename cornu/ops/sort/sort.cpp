#include "cornu/ops/sort/sort.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

#include "cornu/ir/lowering.h"
#include "cornu/ops/axis.h"
#include "cornu/ops/gather/gather.h"
#include "cornu/ops/reduce/reduce.h"
#include "cornu/ops/sort/order.h"
#include "cornu/ops/view/view.h"

namespace cornu::ops {
namespace {

std::vector<ir::Spec> infer(const SortAttributes& a, std::span<const ir::Spec> in) {
  Shape shape = in[0].shape;
  int64_t& extent = shape[a.axis];
  CORNU_CHECK(extent <= std::numeric_limits<int32_t>::max(), "`sort` of {} elements.", extent);
  if (a.k && (*a.k < 0 || (extent != Shape::kUnknown && *a.k > extent)))
    throw error<ValueError>("`k` of `top_k` must be between 0 and the size of the axis. Received: k={}, axis {} of shape {}",
                            *a.k, a.axis, to_string(in[0].shape));
  extent = a.k.value_or(extent);
  return {{in[0].dtype, shape}, {int32, shape}};
}

std::vector<Value> vjp(const SortAttributes& a, const ir::VjpArgs& v) {
  if (!v.grad()) return {Value()};
  return {add_along_axis(zeros_like(v.operand(0)), v.outputs[1], v.grad(), a.axis)};
}

void reference(const SortAttributes& a, std::span<const ir::HostOperand> in, std::span<const ir::HostOperand> out) {
  const auto [outer, extent, inner] = split_at(in[0].spec.shape, a.axis);
  const int64_t kept = out[0].spec.shape[a.axis];
  if (extent == 0) return;
  dispatch(in[0].spec.dtype, [&, extent = extent, inner = inner, outer = outer]<class T>(T) {
    for (int64_t line = 0; line < outer * inner; ++line) {
      const T* from = in[0].as<T>() + line / inner * extent * inner + line % inner;
      std::vector<int32_t> order(extent);
      std::iota(order.begin(), order.end(), 0);
      std::function<bool(int32_t, int32_t)> before;  // one sort for all types of elements
      with_order<T>(a.descending, [&](auto comes_before) {
        before = [=](int32_t i, int32_t j) { return comes_before(from[i * inner], from[j * inner]); };
      });
      std::stable_sort(order.begin(), order.end(), before);
      for (int64_t i = 0; i < kept; ++i) {
        const int64_t to = (line / inner * kept + i) * inner + line % inner;
        out[0].as<T>()[to] = from[order[i] * inner];
        out[1].as<int32_t>()[to] = order[i];
      }
    }
  });
}

std::vector<Value> sorted(const Value& x, int axis, const char* name, bool descending = false, std::optional<int64_t> k = {}) {
  const int at = normalize_axis(axis, x.shape().rank(), name);
  return ir::make_node(sort_op, ir::Attributes::of(SortAttributes{at, descending, k}), {x});
}

}  // namespace

const OpDef sort_op = ir::define_op(ir::OpSpec<SortAttributes>{.name = "sort",
                                                               .infer = infer,
                                                               .vjp = vjp,
                                                               .reference = reference,
                                                               .lowerings = ir::joined<sort_cpu_lowerings, sort_cuda_lowerings>});

Value sort(const Value& x, int axis) { return sorted(x, axis, "sort")[0]; }
Value argsort(const Value& x, int axis) { return sorted(x, axis, "argsort")[1]; }
TopK top_k(const Value& x, int64_t k, int axis) {
  const auto out = sorted(x, axis, "top_k", true, k);
  return {out[0], out[1]};
}

Value median(const Value& x, int axis) {
  const int64_t n = x.shape()[normalize_axis(axis, x.shape().rank(), "median")];
  const Value ordered = sort(x, axis), last = slice_axis(ordered, axis, -1, kSliceEnd);
  const Value middle = mean(slice_axis(ordered, axis, (n - 1) / 2, n / 2 + 1), {axis}, true);
  return select(is_nan(last), last, middle);
}

}  // namespace cornu::ops

#include <algorithm>
#include <cstring>

#include "cornu/ir/lowering.h"
#include "cornu/ir/view.h"
#include "cornu/ops/pad/pad.h"
#include "cornu/ops/reference.h"

namespace cornu::ops {
namespace {

using ir::KernelCall;

// Where the operand's elements land: `begin` and `end` are those of an axis that stay.
struct Plan {
  PadAttributes a;
  Shape from, to;
  std::vector<int64_t> begin, end, from_strides, to_strides;
  std::size_t size;
};

Plan plan_of(const ir::Node& node) {
  const auto& a = node.attributes<PadAttributes>();
  Plan p{a, node.operand(0).shape(), node.specs()[0].shape, {}, {}, {}, {}, std::size_t(node.specs()[0].dtype.size())};
  for (int axis = 0; axis < p.from.rank(); ++axis) {
    const int64_t step = a.interior[axis] + 1, low = a.low[axis], beyond = p.to[axis] - low;
    p.begin.push_back(low < 0 ? (-low + step - 1) / step : 0);
    p.end.push_back(beyond <= 0 ? 0 : std::min(p.from[axis], (beyond + step - 1) / step));
  }
  p.from_strides = ir::dense_strides(p.from);
  p.to_strides = ir::dense_strides(p.to);
  return p;
}

void copy_axis(const Plan& p, int axis, const std::byte* from, std::byte* to) {
  const int64_t step = p.a.interior[axis] + 1, begin = p.begin[axis], count = p.end[axis] - begin;
  if (count <= 0) return;
  const int64_t from_step = p.from_strides[axis] * p.size, to_step = p.to_strides[axis] * p.size * step;
  from += begin * from_step;
  to += (p.a.low[axis] + begin * step) * p.to_strides[axis] * int64_t(p.size);
  const bool innermost = axis == p.from.rank() - 1;
  if (innermost && step == 1) return void(std::memcpy(to, from, count * p.size));
  for (int64_t i = 0; i < count; ++i, from += from_step, to += to_step)
    if (innermost) std::memcpy(to, from, p.size);
    else copy_axis(p, axis + 1, from, to);
}

void run(const Plan& p, DType dtype, const KernelCall& call) {
  dispatch(dtype, [&]<class T>(T) { std::fill_n(call.operand<T>(1), p.to.elements(), static_cast<T>(p.a.value)); });
  const auto* from = call.operand<const std::byte>(0);
  if (p.from.rank() == 0) std::memcpy(call.operand<std::byte>(1), from, p.size);
  else copy_axis(p, 0, from, call.operand<std::byte>(1));
}

ir::Lowered lower(const ir::Offer& offer, int, const ir::LoweringContext&) {
  auto kernel = ir::function_kernel("pad [copy]", [plan = plan_of(offer.anchor), dtype = offer.anchor.specs()[0].dtype](
                                                      const KernelCall& call) { run(plan, dtype, call); });
  return {std::move(kernel), {offer.anchor.operand(0)}, {offer.result(0)}};
}

}  // namespace

std::span<const ir::Lowering> pad_cpu_lowerings() {
  static const ir::Lowering all[] = {{"copy", TargetKind::cpu, ir::any_offer, lower}};
  return all;
}

}  // namespace cornu::ops

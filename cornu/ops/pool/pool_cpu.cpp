#include "cornu/backend/cpu/convert.h"
#include "cornu/ops/pool/pool.h"
#include "cornu/ops/pool/pool_vector.h"
#include "cornu/ops/reference_row.h"

namespace cornu::ops {
namespace {

using ir::Answer;
using ir::KernelCall;
using ir::Lowered;
using ir::LoweringContext;
using ir::Offer;

template <class T>
const Pool<T>& loops(Isa isa) {
  using Function = const Pool<T>& (*)();
  if constexpr (sizeof(T) == 4) return CORNU_PICK_ISA(isa, Function, pool_float)();
  else return CORNU_PICK_ISA(isa, Function, pool_double)();
}

// The kernel of a node of float32 or float64.
template <class T>
std::function<void(const KernelCall&)> run_of(const ir::Node& node, const Target& target) {
  const auto& p = node.attributes<PoolAttributes>();
  const Shape &a = node.operand(0).shape(), &b = node.specs()[0].shape;
  const bool to_input = !p.extents.empty() && &node.op() != &max_pool_pick_op;
  const PoolGeometry g = to_input ? geometry_of(p, b, a) : geometry_of(p, a, b);
  const Pool<T>& l = loops<T>(target.cpu.isa);
  using Bytes = uint8_t;
  if (&node.op() == &average_pool_op)
    return [&l, g](const KernelCall& c) { l.average(g, c.operand<T>(0), c.operand<T>(1), c.threads); };
  if (&node.op() == &average_pool_gradient_op)
    return [&l, g](const KernelCall& c) { l.average_gradient(g, c.operand<T>(0), c.operand<T>(1), c.threads); };
  if (&node.op() == &max_pool_op) {
    if (node.specs()[1].dtype == uint8)
      return [&l, g](const KernelCall& c) { l.max_u8(g, c.operand<T>(0), c.operand<T>(1), c.operand<Bytes>(2), c.threads); };
    return [&l, g](const KernelCall& c) { l.max_i32(g, c.operand<T>(0), c.operand<T>(1), c.operand<int32_t>(2), c.threads); };
  }
  const bool gradient = &node.op() == &max_pool_gradient_op;
  if (node.operand(1).dtype() == uint8)
    return [f = gradient ? l.max_gradient_u8 : l.pick_u8, g](const KernelCall& c) {
      f(g, c.operand<T>(0), c.operand<Bytes>(1), c.operand<T>(2), c.threads);
    };
  return [f = gradient ? l.max_gradient_i32 : l.pick_i32, g](const KernelCall& c) {
    f(g, c.operand<T>(0), c.operand<int32_t>(1), c.operand<T>(2), c.threads);
  };
}

std::unique_ptr<ir::Kernel> kernel_of(const ir::Node& node, const Target& target) {
  auto run = node.specs()[0].dtype == float64 ? run_of<double>(node, target) : run_of<float>(node, target);
  return ir::function_kernel(fmt::format("vector {} [{}]", node.op().name, to_string(target.cpu.isa)), std::move(run));
}

Answer supports(const Offer& offer, const Target&) {
  const DType dtype = offer.anchor.specs()[0].dtype;
  return dtype.is_floating() ? Answer() : Answer::refuse(fmt::format("written for floats, not {}", dtype.name()));
}

Lowered lower(const Offer& offer, int, const LoweringContext& context) {
  const ir::Node& node = offer.anchor;
  Lowered out{nullptr, {node.operands().begin(), node.operands().end()}, ir::outputs_of(const_cast<ir::Node&>(node))};
  const DType dtype = node.specs()[0].dtype;
  if (dtype == float32 || dtype == float64) {
    out.kernel = kernel_of(node, context.target);
    return out;
  }
  std::vector<ir::Spec> specs;
  for (const auto* side : {&out.inputs, &out.outputs})
    for (const ir::Value& v : *side) specs.push_back(v.spec());
  out.kernel = backend::cpu::through_float32(kernel_of(backend::cpu::as_float32(node).node(), context.target), specs,
                                             int(out.inputs.size()));
  return out;
}

const ir::Lowering kTable[] = {{"vector", TargetKind::cpu, supports, lower}, reference_row(TargetKind::cpu)};  // integers
const ir::Lowering kAverageTable[] = {{"vector", TargetKind::cpu, supports, lower}};

}  // namespace

std::span<const ir::Lowering> max_pool_cpu_lowerings() { return kTable; }
std::span<const ir::Lowering> max_pool_gradient_cpu_lowerings() { return kTable; }
std::span<const ir::Lowering> max_pool_pick_cpu_lowerings() { return kTable; }
std::span<const ir::Lowering> average_pool_cpu_lowerings() { return kAverageTable; }
std::span<const ir::Lowering> average_pool_gradient_cpu_lowerings() { return kAverageTable; }

}  // namespace cornu::ops

#include <cstring>

#include "cornu/ops/control/body.h"
#include "cornu/ops/control/control.h"

namespace cornu::ops {
namespace {

std::vector<Spec> infer(const WhileLoopAttributes& a, std::span<const Spec> in) {
  for (const auto& graph : {a.condition, a.body}) check_operands("while_loop", *graph, in);
  const auto& go_on = a.condition->results;
  CORNU_CHECK(go_on.size() == 1 && go_on[0].dtype() == bool_ && go_on[0].shape().rank() == 0,
              "The condition of `while_loop` gives no bool scalar.");
  std::vector<Spec> out;
  const auto state = in.last(a.body->results.size());
  for (std::size_t i = 0; i < state.size(); ++i) {
    const Value& next = a.body->results[i];
    CORNU_CHECK(next.dtype() == state[i].dtype, "`while_loop` turns {} into {}.", ir::to_string(state[i]),
                ir::to_string(next.spec()));
    out.push_back({next.dtype(), merged("while_loop", next.shape(), state[i].shape)});
  }
  return out;
}

// The same as a scan that goes on to the end, without doing anything once the condition is false.
std::vector<Value> as_scan(const WhileLoopAttributes& a, std::span<const Value> operands) {
  const std::size_t states = a.body->results.size();
  Graph step{fresh(a.body->parameters), {}}, stay{fresh(a.body->parameters), {}};
  stay.results.assign(stay.parameters.end() - states, stay.parameters.end());
  step.results = cond(ir::call(*a.condition, step.parameters)[0], *a.body, stay, step.parameters);
  return scan(std::move(step), {operands.begin(), operands.end()}, {.carries = int64_t(states), .length = *a.maximum_iterations});
}

std::vector<Value> vjp(const WhileLoopAttributes& a, const ir::VjpArgs& v) {
  if (!a.maximum_iterations)
    throw NotImplementedError(
        "`while_loop` has no gradient where the number of iterations is unknown: going back through them, all their values are "
        "needed. Use `scan` or `fori_loop` with numbers as bounds, or give `maximum_iterations`; or `stop_gradient` on the "
        "result "
        "if no gradient is wanted.");
  // Of parameters: operands may be one value twice.
  Graph loop{fresh(v.operands), {}};
  loop.results = as_scan(a, loop.parameters);
  std::vector<bool> given, wanted;
  for (const Value& grad : v.grads) given.push_back(bool(grad));
  for (std::size_t i = 0; i < v.operands.size(); ++i) wanted.push_back(v.wants(i));
  const auto [cotangents, grads] = gradient_of(loop, given, wanted, v.gradients);
  ir::ValueMap<Value> at;
  for (std::size_t i = 0; i < v.operands.size(); ++i) at[loop.parameters[i]] = v.operands[i];
  for (std::size_t i = 0; i < v.grads.size(); ++i)
    if (v.grads[i]) at[cotangents[i]] = v.grads[i];
  return ir::rewritten(grads, nullptr, std::move(at));
}

void reference(const WhileLoopAttributes& a, std::span<const ir::HostOperand> in, std::span<const ir::HostOperand> out) {
  std::vector<ir::HostOperand> now(in.begin(), in.end());
  const std::size_t constants = in.size() - out.size();
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::memcpy(out[i].data, in[constants + i].data, out[i].elements() * out[i].spec.dtype.size());
    now[constants + i].data = out[i].data;
  }
  std::vector<std::byte*> to;
  for (const auto& operand : out) to.push_back(operand.data);
  for (int64_t i = 0; !a.maximum_iterations || i < *a.maximum_iterations; ++i) {
    bool go_on = false;
    auto* answer = reinterpret_cast<std::byte*>(&go_on);
    run_by_reference(*a.condition, now, {&answer, 1});
    if (!go_on) return;
    run_by_reference(*a.body, now, to);
  }
}

}  // namespace

const OpDef while_loop_op = ir::define_op(ir::OpSpec<WhileLoopAttributes>{.name = "while_loop",
                                                                          .max_operands = -1,
                                                                          .infer = infer,
                                                                          .vjp = vjp,
                                                                          .reference = reference,
                                                                          .lowerings = while_loop_lowerings});

std::vector<Value> while_loop(Graph condition, Graph body, std::vector<Value> operands,
                              std::optional<int64_t> maximum_iterations) {
  Graph* const both[] = {&condition, &body};
  close(both, operands, operands.size() - body.results.size());
  return ir::make_node(
      while_loop_op,
      ir::Attributes::of(WhileLoopAttributes{std::make_shared<const Graph>(std::move(condition)),
                                             std::make_shared<const Graph>(std::move(body)), maximum_iterations}),
      std::move(operands));
}

}  // namespace cornu::ops

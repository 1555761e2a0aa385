#include <array>
#include <string>

#include "cornu/base/log.h"
#include "cornu/ir/leaf.h"
#include "cornu/ir/lowering.h"
#include "cornu/passes/pass.h"

namespace cornu::passes {
namespace {

using namespace ir;

bool has_lowering(const Node& node, const Target& target) {
  if (!node.op().lowerings) return false;
  for (const Lowering& lowering : node.op().lowerings()) {
    if (lowering.target != target.kind) continue;
    const Answer answer = lowering.supports(Offer{node, {}}, target);
    if (!answer.refused()) return true;
    log::debug("{}: {} refuses: {}", node.op().name, lowering.name, answer.refusal);
  }
  return false;
}

std::vector<Value> select_node(const Node& node, const std::vector<Value>& operands, const Target& target) {
  const OpDef& op = node.op();
  if (op.is_coarse() && op.decompose && !has_lowering(node, target)) {
    // What it decomposes into may be coarse as well.
    auto parts = op.decompose(node.attributes(), operands);
    ValueMap<Value> leaves;
    for (const Value& operand : operands) leaves.emplace(operand, operand);
    return rewritten(
        parts,
        [&](const Node& inner, const std::vector<Value>& inner_operands) -> std::vector<Value> {
          if (!inner.op().is_coarse() || !inner.op().decompose || has_lowering(inner, target)) return {};
          return select_node(inner, inner_operands, target);
        },
        std::move(leaves));
  }
  return {};
}

}  // namespace

Graph select(const Graph& graph, const Context& context) {
  return rewritten(
      graph, [&](const Node& node, const std::vector<Value>& operands) { return select_node(node, operands, context.target); });
}

}  // namespace cornu::passes

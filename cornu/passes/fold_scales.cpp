#include <algorithm>
#include <optional>

#include "cornu/ir/leaf.h"
#include "cornu/ops/conv/conv.h"
#include "cornu/ops/view/view.h"
#include "cornu/passes/pass.h"

namespace cornu::passes {
namespace {

using namespace ir;

// A convolution followed by vectors of its channels: conv(x, kernel) * scale + shift.
struct Chain {
  Value x, kernel, scale, shift;
  const ops::ConvAttributes* convolution;

  // The kernel's last axis is the result's.
  Value value() const {
    const Value scaled = ops::mul(kernel, ops::broadcast_to(scale, kernel.shape()));
    const Value y = apply(ops::conv_op, *convolution, {x, scaled});
    return shift ? ops::add(y, ops::broadcast_to(shift, y.shape())) : y;
  }
};

// A batch normalization after a convolution is inference's commonest pair. Its scale, where it stays from run to run as the kernel
// does, costs nothing once the kernel has it; library code for a scale of the result costs up to a third of a convolution with few
// products an element. A large kernel has many, and is shared with other programs as it is. Results differ by roundings.
class Folder {
 public:
  Folder(const Graph& graph, const Context& context) : graph_(graph), lasting_(context.lasting) {
    for (const Value& result : graph.results) ++uses_[result];
    for (Node* node : topological(graph)) {
      for (const Value& v : node->operands()) ++uses_[v];
      if (lasts(*node))
        for (const Value& v : outputs_of(*node)) lasting_.insert(v);
    }
  }

  Graph run() {
    return rewritten(graph_, [this](const Node& node, const std::vector<Value>& operands) -> std::vector<Value> {
      const auto chain = chain_of(node, operands);
      if (!chain) return {};
      chains_[&node] = *chain;
      if (chain->scale) return {chain->value()};
      return {};
    });
  }

 private:
  // Is it the same in every run?
  bool lasts(const Node& node) const {
    const OpDef& op = node.op();
    if (op.has_identity || op.is_random) return false;
    if (node.operands().empty()) return is_constant(outputs_of(const_cast<Node&>(node))[0]);
    return std::all_of(node.operands().begin(), node.operands().end(), [&](const Value& v) { return lasting_.count(v); });
  }

  std::optional<Chain> chain_of(const Node& node, const std::vector<Value>& operands) const {
    if (node.specs().size() != 1 || node.specs()[0].dtype != float32) return {};
    if (&node.op() == &ops::conv_op && lasting_.count(node.operand(1)) && bytes_of(node.operand(1).spec()) <= kMostKept)
      return Chain{operands[0], operands[1], {}, {}, &node.attributes<ops::ConvAttributes>()};
    if (&node.op() != &ops::mul_op && &node.op() != &ops::add_op) return {};
    for (const int side : {0, 1}) {
      const Value &before = node.operand(side), &other = node.operand(1 - side);
      const auto found = chains_.find(&before.node());
      if (found == chains_.end() || uses_.at(before) > 1 || !lasting_.count(other)) continue;
      const Value repeated = ops::repeated_vector(operands[1 - side]);
      if (repeated) return extended(found->second, &node.op() == &ops::mul_op, repeated);
    }
    return {};
  }

  static Chain extended(Chain chain, bool is_scale, const Value& repeated) {
    const Value vector = ops::reshape(repeated, {repeated.shape()[-1]});
    if (!is_scale) {
      chain.shift = chain.shift ? ops::add(chain.shift, vector) : vector;
      return chain;
    }
    chain.scale = chain.scale ? ops::mul(chain.scale, vector) : vector;
    if (chain.shift) chain.shift = ops::mul(chain.shift, vector);
    return chain;
  }

  const Graph& graph_;
  std::unordered_set<Value, ValueHash> lasting_;
  ValueMap<int> uses_;
  std::unordered_map<const Node*, Chain> chains_;
};

}  // namespace

Graph fold_scales(const Graph& graph, const Context& context) {
  return context.lasting.empty() ? graph : Folder(graph, context).run();
}

}  // namespace cornu::passes

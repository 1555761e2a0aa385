#include "cornu/ir/leaf.h"
#include "cornu/ir/view.h"
#include "cornu/passes/pass.h"

namespace cornu::passes {
namespace {

using namespace ir;

// Libraries and callers read plain memory; kernel programs walk any view.
Value plain(const Value& value, const Target& target) {
  if (!value || !value->op().is_view()) return value;
  const auto view = resolve_view(value).view;
  const bool is_aligned = view.offset * value.dtype().size() % target.least_alignment() == 0;
  return is_aligned && is_dense(view, value.shape()) ? value : copy(value);
}

// A view that cannot walk through its operand's strides (a reshape of a transposed matrix) needs it in plain memory.
bool composes(const Node& view, const Value& operand) {
  return view.op().view(view.attributes(), operand.spec(), view.specs()[0], resolve_view(operand).view).has_value();
}

std::vector<Value> materialized(const Node& node, std::vector<Value> operands, const Target& target) {
  bool changed = false;
  auto make_plain = [&](Value& v) {
    Value dense = node.op().is_view() ? copy(v) : plain(v, target);
    changed |= !(dense == v);
    v = dense;
  };
  if (node.op().is_coarse())
    for (Value& v : operands) make_plain(v);
  else if (node.op().is_view() && !composes(node, operands[0])) make_plain(operands[0]);
  return changed ? make_node(node.op(), node.attributes(), operands) : std::vector<Value>();
}

}  // namespace

Graph materialize(const Graph& graph, const Context& context) {
  Graph out = rewritten(
      graph, [&](const Node& node, const std::vector<Value>& operands) { return materialized(node, operands, context.target); });
  for (Value& v : out.results) v = plain(v, context.target);
  return out;
}

}  // namespace cornu::passes

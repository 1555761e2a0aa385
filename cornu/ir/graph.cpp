#include "cornu/ir/graph.h"

#include <algorithm>

#include "cornu/ir/leaf.h"

namespace cornu::ir {

std::vector<Node*> topological(std::span<const Value> results) {
  return topological(results, [](const Value&) { return false; });
}

std::vector<Node*> topological(std::span<const Value> results, const std::function<bool(const Value&)>& is_leaf) {
  struct Frame {
    Node* node;
    std::size_t next;
  };
  std::vector<Node*> order;
  std::unordered_set<Node*> seen;
  std::vector<Frame> stack;
  for (const Value& result : results) {
    if (!result || is_leaf(result) || !seen.insert(&result.node()).second) continue;
    stack.push_back({&result.node(), 0});
    while (!stack.empty()) {
      auto& [node, next] = stack.back();
      if (next == node->operands().size()) {
        order.push_back(node);
        stack.pop_back();
        continue;
      }
      const Value& operand = node->operands()[next++];
      if (!is_leaf(operand) && seen.insert(&operand.node()).second) stack.push_back({&operand.node(), 0});
    }
  }
  return order;
}

std::vector<Value> outputs_of(Node& node) {
  std::vector<Value> out;
  for (int i = 0; i < node.outputs(); ++i) out.emplace_back(&node, i);
  return out;
}

std::vector<Value> rewritten(std::span<const Value> results, const Rewrite& rewrite, ValueMap<Value> replacements) {
  auto& map = replacements;
  auto mapped = [&](const Value& v) {
    auto found = map.find(v);
    return found == map.end() ? v : found->second;
  };
  for (Node* node : topological(results, [&](const Value& v) { return map.count(v) > 0; })) {
    std::vector<Value> operands;
    operands.reserve(node->operands().size());
    bool changed = false;
    for (const Value& v : node->operands()) {
      operands.push_back(mapped(v));
      changed |= !(operands.back() == v);
    }
    std::vector<Value> made;
    if (rewrite) made = rewrite(*node, operands);
    if (made.empty() && changed) made = make_node(node->op(), node->attributes(), operands);
    for (std::size_t i = 0; i < made.size(); ++i)
      if (made[i]) map.emplace(Value(node, static_cast<int>(i)), made[i]);  // what is replaced already stays so
  }
  std::vector<Value> out;
  for (const Value& v : results) out.push_back(v ? mapped(v) : v);
  return out;
}

Graph rewritten(const Graph& graph, const Rewrite& rewrite) { return {graph.parameters, rewritten(graph.results, rewrite)}; }

std::vector<Value> call(const Graph& graph, std::span<const Value> arguments) {
  CORNU_CHECK(arguments.size() == graph.parameters.size());
  ValueMap<Value> map;
  for (std::size_t i = 0; i < arguments.size(); ++i) map[graph.parameters[i]] = arguments[i];
  return rewritten(graph.results, nullptr, std::move(map));
}

Graph rewritten_everywhere(const Graph& graph, const Rewrite& rewrite) {
  return rewritten(graph, [&](const Node& node, const std::vector<Value>& operands) -> std::vector<Value> {
    const auto graphs = node.attributes().graphs();
    if (graphs.empty()) return rewrite(node, operands);
    std::vector<GraphPtr> inner;
    for (const auto& g : graphs) inner.push_back(std::make_shared<const Graph>(rewritten_everywhere(*g, rewrite)));
    return make_node(node.op(), node.attributes().with_graphs(inner), operands);
  });
}

Hash128 structural_hash(const Graph& graph) {
  std::unordered_map<Node*, Hash128> hashes;
  auto combine = [](Hash128& h, uint64_t value) { h = {mix(h[0], value), mix(h[1] ^ 0x5851f42d4c957f2dull, value + 1)}; };
  auto add_text = [&](Hash128& h, std::string_view text) { combine(h, std::hash<std::string_view>()(text)); };
  for (std::size_t i = 0; i < graph.parameters.size(); ++i) {
    Hash128 h{1, i};
    combine(h, graph.parameters[i].dtype().index());
    combine(h, field::hash(graph.parameters[i].shape()));
    hashes[&graph.parameters[i].node()] = h;
  }
  uint64_t data = 0;
  for (Node* node : topological(graph)) {
    if (hashes.count(node)) continue;
    Hash128 h{2, 0};
    add_text(h, node->op().name);
    combine(h, node->attributes().hash());
    if (&node->op() == &data_op || !node->resolved().empty()) combine(h, 1000 + data++);
    for (const Spec& spec : node->specs()) {
      combine(h, spec.dtype.index());
      combine(h, field::hash(spec.shape));
    }
    for (const Value& v : node->operands()) {
      const Hash128 of = hashes.at(&v.node());
      combine(h, of[0]);
      combine(h, of[1]);
      combine(h, v.output());
    }
    if (node->op().has_identity) combine(h, 5000 + hashes.size());
    hashes[node] = h;
  }
  Hash128 out{3, graph.parameters.size()};
  for (const Value& v : graph.results) {
    if (!v) {
      combine(out, 7);
      continue;
    }
    const Hash128 of = hashes.at(&v.node());
    combine(out, of[0]);
    combine(out, of[1]);
    combine(out, v.output());
  }
  return out;
}

void verify(const Graph& graph) {
  std::unordered_set<Node*> listed;
  for (const Value& p : graph.parameters) {
    CORNU_CHECK(p && is_parameter(p), "A listed parameter is no parameter.");
    CORNU_CHECK(listed.insert(&p.node()).second, "A parameter is listed twice.");
  }
  for (Node* node : topological(graph)) {
    if (&node->op() == &parameter_op)
      CORNU_CHECK(listed.count(node), "A parameter of {} is not listed.", to_string(node->specs()[0]));
    if (node->operands().empty() || !node->resolved().empty()) continue;
    std::vector<Spec> operands;
    for (const Value& v : node->operands()) {
      CORNU_CHECK(v->sequence() < node->sequence(), "`{}` is older than its operand.", node->op().name);
      operands.push_back(v.spec());
    }
    const auto specs = node->op().infer(node->attributes(), operands);
    CORNU_CHECK(std::equal(specs.begin(), specs.end(), node->specs().begin(), node->specs().end()),
                "`{}` does not have the spec that its rule gives.", node->op().name);
    for (const auto& inner : node->attributes().graphs()) verify(*inner);
  }
}

namespace field {
uint64_t hash(const GraphPtr& graph) { return structural_hash(*graph)[0]; }
bool same(const GraphPtr& a, const GraphPtr& b) { return a == b || structural_hash(*a) == structural_hash(*b); }
std::string text(const GraphPtr& graph) { return "graph(" + std::to_string(graph->parameters.size()) + ")"; }
}  // namespace field

}  // namespace cornu::ir

#include <unordered_map>

#include "cornu/ir/graph.h"
#include "cornu/ir/leaf.h"

namespace cornu::ir {
namespace {

class Printer {
 public:
  std::string text(const Graph& graph, const std::string& indent) {
    std::string out;
    for (const Value& p : graph.parameters) out += fmt::format("{}{} = parameter : {}\n", indent, name(p), to_string(p.spec()));
    for (Node* node : topological(graph)) {
      if (&node->op() == &parameter_op) continue;
      out += indent;
      for (int i = 0; i < node->outputs(); ++i) out.append(i ? ", " : "").append(name(Value(node, i)));
      out += " = " + describe(*node) + "\n";
      for (const auto& inner : node->attributes().graphs()) out += text(*inner, indent + "    ");
    }
    out += indent + "return";
    for (const Value& v : graph.results) out.append(" ").append(v ? name(v) : "nothing");
    return out + "\n";
  }
  std::string name(const Value& v) {
    const auto id = ids_.emplace(&v.node(), ids_.size()).first->second;
    return v->outputs() > 1 ? fmt::format("%{}.{}", id, v.output()) : fmt::format("%{}", id);
  }

 private:
  std::string describe(Node& node) {
    std::string out(node.op().name);
    for (const Value& v : node.operands()) out.append(" ").append(name(v));
    if (&node.op() == &constant_op) out += fmt::format(" {}", constant_as_double(Value(&node, 0)));
    else if (auto attributes = node.attributes().text(); !attributes.empty()) out.append(" {").append(attributes).append("}");
    out += " :";
    for (const Spec& spec : node.specs()) out.append(" ").append(to_string(spec));
    return out;
  }
  std::unordered_map<const Node*, std::size_t> ids_;
};

}  // namespace

std::string to_text(const Graph& graph) { return Printer().text(graph, ""); }

std::string to_dot(const Graph& graph) {
  Printer names;
  std::string out = "digraph {\n  node [shape=box, fontname=monospace];\n";
  for (Node* node : topological(graph)) {
    const std::string id = fmt::format("n{}", node->sequence());
    out += fmt::format("  {} [label=\"{} {}\\n{}\"];\n", id, names.name(Value(node, 0)), node->op().name,
                       to_string(node->specs()[0]));
    for (const Value& v : node->operands()) out += fmt::format("  n{} -> {};\n", v->sequence(), id);
  }
  return out + "}\n";
}

}  // namespace cornu::ir

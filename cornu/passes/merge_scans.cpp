#include <algorithm>

#include "cornu/ops/control/control.h"
#include "cornu/passes/pass.h"

namespace cornu::passes {
namespace {

using namespace ir;

// Scans that differ in what they stack only.
struct Twins {
  const Node* first;
  Graph body;  // gives all that one of them stacks
  int count = 0;
};

const ops::ScanAttributes& scan_of(const Node& node) { return node.attributes<ops::ScanAttributes>(); }

bool is_twin(const Node& a, const Node& b) {
  const auto &x = scan_of(a), &y = scan_of(b);
  return std::ranges::equal(a.operands(), b.operands()) && x.length == y.length && x.reverse == y.reverse &&
         x.carries == y.carries && x.sequences == y.sequences && x.body->parameters == y.body->parameters &&
         std::equal(x.body->results.begin(), x.body->results.begin() + x.carries, y.body->results.begin());
}

int place_in(const Graph& body, const Value& stacked, int64_t carries) {
  return static_cast<int>(std::find(body.results.begin() + carries, body.results.end(), stacked) - body.results.begin());
}

std::vector<Twins> find_twins(const Graph& graph) {
  std::vector<Twins> all;
  for (const Node* node : topological(graph)) {
    if (&node->op() != &ops::scan_op) continue;
    auto twins = std::find_if(all.begin(), all.end(), [&](const Twins& t) { return is_twin(*t.first, *node); });
    if (twins == all.end()) twins = all.insert(all.end(), {node, *scan_of(*node).body});
    ++twins->count;
    const auto& results = scan_of(*node).body->results;
    for (auto it = results.begin() + scan_of(*node).carries; it != results.end(); ++it)
      if (place_in(twins->body, *it, scan_of(*node).carries) == int(twins->body.results.size()))
        twins->body.results.push_back(*it);
  }
  std::erase_if(all, [](const Twins& t) { return t.count == 1; });
  return all;
}

}  // namespace

// The gradient of a scan needs its carries before each step, and asks a twin of the scan for them: both become one.
Graph merge_scans(const Graph& graph, const Context&) {
  const auto all = find_twins(graph);
  if (all.empty()) return graph;
  return rewritten(graph, [&](const Node& node, const std::vector<Value>& operands) -> std::vector<Value> {
    if (&node.op() != &ops::scan_op) return {};
    const auto twins = std::find_if(all.begin(), all.end(), [&](const Twins& t) { return is_twin(*t.first, node); });
    if (twins == all.end()) return {};
    const auto& a = scan_of(node);
    const auto merged = ops::scan(twins->body, operands, a);
    std::vector<Value> out(merged.begin(), merged.begin() + a.carries);
    for (auto it = a.body->results.begin() + a.carries; it != a.body->results.end(); ++it)
      out.push_back(merged[place_in(twins->body, *it, a.carries)]);
    return out;
  });
}

}  // namespace cornu::passes

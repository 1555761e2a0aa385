#pragma once

#include <array>
#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "cornu/ir/node.h"

namespace cornu::ir {

// A function: results as they follow from parameters (and from data leaves). Nodes are shared between graphs.
struct Graph {
  std::vector<Value> parameters;
  std::vector<Value> results;
};

template <class T>
using ValueMap = std::unordered_map<Value, T, ValueHash>;

// Every node that the results need, operands first. Iterative: a chain may be a million long. A resolved node is a leaf.
std::vector<Node*> topological(std::span<const Value> results);
inline std::vector<Node*> topological(const Graph& graph) { return topological(graph.results); }
// Those that are reached without going through a leaf.
std::vector<Node*> topological(std::span<const Value> results, const std::function<bool(const Value&)>& is_leaf);

// All outputs of a node.
std::vector<Value> outputs_of(Node& node);

// The graph made anew, operands first: `rewrite` gets a node and its already rewritten operands, and returns one value an output,
// or nothing to keep the node. Parameters stay unless `replacements` names them.
using Rewrite = std::function<std::vector<Value>(const Node& node, const std::vector<Value>& operands)>;
std::vector<Value> rewritten(std::span<const Value> results, const Rewrite& rewrite, ValueMap<Value> replacements = {});
Graph rewritten(const Graph& graph, const Rewrite& rewrite);
// The results with parameters replaced: calling the function.
std::vector<Value> call(const Graph& graph, std::span<const Value> arguments);
// The same rewrite applied to the graphs in attributes, all the way down.
Graph rewritten_everywhere(const Graph& graph, const Rewrite& rewrite);

// Equal for graphs that differ only in the identity of their parameters and data; 128 bits, taken for equality.
using Hash128 = std::array<uint64_t, 2>;
Hash128 structural_hash(const Graph& graph);

// One line a node; and GraphViz.
std::string to_text(const Graph& graph);
std::string to_dot(const Graph& graph);

// Throws InternalError where the graph breaks a rule: a spec that differs from the shape rule's, a parameter unlisted, ...
void verify(const Graph& graph);

}  // namespace cornu::ir

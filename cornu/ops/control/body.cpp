#include "cornu/ops/control/body.h"

#include <algorithm>
#include <cstring>

#include "cornu/ir/leaf.h"
#include "cornu/ir/lowering.h"
#include "cornu/ops/pointwise.h"

namespace cornu::ops {
namespace {

void own_what_follows_from_nothing(Graph& graph) {
  std::unordered_set<const ir::Node*> dependent;
  for (const Value& p : graph.parameters) dependent.insert(&p.node());
  for (ir::Node* node : ir::topological(graph))
    for (const Value& v : node->operands())
      if (dependent.count(&v.node())) dependent.insert(node);
  graph = ir::rewritten(graph, [&](const ir::Node& node, const std::vector<Value>& operands) -> std::vector<Value> {
    if (!node.is_shared() || operands.empty() || dependent.count(&node)) return {};
    return ir::make_unshared_node(node.op(), node.attributes(), operands);
  });
}

// Operands that are one value are read through one parameter.
void read_once(Graph& graph, std::span<const Value> operands) {
  ir::ValueMap<Value> first, replaced;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const auto [found, added] = first.emplace(operands[i], graph.parameters[i]);
    if (!added) replaced[graph.parameters[i]] = found->second;
  }
  if (!replaced.empty()) graph.results = ir::rewritten(graph.results, nullptr, std::move(replaced));
}

template <class T>
void erase_at(std::vector<T>& list, std::size_t i) {
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
}

}  // namespace

void close(std::span<Graph* const> graphs, std::vector<Value>& operands, std::size_t droppable) {
  std::unordered_set<const ir::Node*> read;
  for (Graph* graph : graphs) {
    CORNU_CHECK(graph->parameters.size() == operands.size());
    read_once(*graph, std::span(operands).first(droppable));
    own_what_follows_from_nothing(*graph);
    for (ir::Node* node : ir::topological(*graph)) read.insert(node);
  }
  for (std::size_t i = droppable; i-- > 0;) {
    if (std::any_of(graphs.begin(), graphs.end(), [&](Graph* g) { return read.count(&g->parameters[i].node()) > 0; })) continue;
    erase_at(operands, i);
    for (Graph* graph : graphs) erase_at(graph->parameters, i);
  }
}

std::vector<Value> fresh(std::span<const Value> like) {
  std::vector<Value> out;
  for (const Value& v : like) out.push_back(ir::parameter(v.spec()));
  return out;
}

std::vector<Value> joined(std::vector<Value> a, std::span<const Value> b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

BodyGradient gradient_of(const Graph& body, const std::vector<bool>& given, const std::vector<bool>& wanted,
                         ir::GradientsFn gradients) {
  BodyGradient out;
  for (std::size_t i = 0; i < body.results.size(); ++i)
    out.cotangents.push_back(given[i] ? ir::parameter(body.results[i].spec()) : Value());
  std::vector<Value> wrt;
  for (std::size_t i = 0; i < body.parameters.size(); ++i)
    if (wanted[i]) wrt.push_back(body.parameters[i]);
  const auto found = gradients(body.results, out.cotangents, wrt);
  auto next = found.begin();
  for (bool wants : wanted) out.grads.push_back(wants ? *next++ : Value());
  return out;
}

void check_operands(std::string_view op, const Graph& body, std::span<const Spec> operands) {
  CORNU_CHECK(body.parameters.size() == operands.size(), "`{}` got {} operands for {} parameters.", op, operands.size(),
              body.parameters.size());
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const Spec& p = body.parameters[i].spec();
    CORNU_CHECK(p.dtype == operands[i].dtype && compatible(p.shape, operands[i].shape), "`{}` got {} for a parameter of {}.", op,
                ir::to_string(operands[i]), ir::to_string(p));
  }
}

Shape merged(std::string_view op, const Shape& a, const Shape& b) {
  CORNU_CHECK(compatible(a, b), "`{}` got shapes {} and {} for one value.", op, to_string(a), to_string(b));
  Shape out = a;
  for (int axis = 0; axis < a.rank(); ++axis) merge_dims(a[axis], b[axis], out[axis]);
  return out;
}

void run_by_reference(const Graph& body, std::span<const ir::HostOperand> in, std::span<std::byte* const> out) {
  const auto results = ir::evaluate_by_reference(body, in);
  for (std::size_t i = 0; i < results.size(); ++i) std::memcpy(out[i], results[i].data(), results[i].size());
}

}  // namespace cornu::ops

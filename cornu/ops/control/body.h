#pragma once

#include "cornu/ir/graph.h"
#include "cornu/ir/op.h"

// What the builders, rules and references of the room share.

namespace cornu::ops {

using ir::Graph;
using ir::Spec;
using ir::Value;

// Makes graphs, whose parameters stand for the same `operands`, fit to be attributes. The first `droppable` operands lose those
// that no graph reads. What follows from no parameter becomes the graphs' own: were it shared, evaluating an equal value
// elsewhere would turn a node of the graph into memory.
void close(std::span<Graph* const> graphs, std::vector<Value>& operands, std::size_t droppable);

// Parameters of the same specs.
std::vector<Value> fresh(std::span<const Value> like);
std::vector<Value> joined(std::vector<Value> a, std::span<const Value> b);

// A gradient rule's graph: the gradients of a body's results with respect to its parameters, as a function of the parameters and
// of the cotangents that exist.
struct BodyGradient {
  std::vector<Value> cotangents;  // a parameter for each result that has one; others empty
  std::vector<Value> grads;       // one a parameter; empty where nothing leads or nobody asks
};
BodyGradient gradient_of(const Graph& body, const std::vector<bool>& given, const std::vector<bool>& wanted,
                         ir::GradientsFn gradients);

// A body's parameters accept these operands, whose dims may be unknown. InternalError where they do not.
void check_operands(std::string_view op, const Graph& body, std::span<const Spec> operands);
Shape merged(std::string_view op, const Shape& a, const Shape& b);

// A body by its references, on dense memory.
void run_by_reference(const Graph& body, std::span<const ir::HostOperand> in, std::span<std::byte* const> out);

}  // namespace cornu::ops

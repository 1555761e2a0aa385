#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "cornu/keras/ops/operation.h"

namespace cornu::keras {

// The calls that lead from inputs to outputs, in Keras's orders (files and summaries follow them): operations by depth, those
// of equal depth as a walk from the outputs meets them.
struct OperationGraph {
  std::vector<std::shared_ptr<const OperationNode>> nodes;  // operands first
  std::vector<int> depths;                                  // of the nodes: how far from the outputs
  std::vector<std::shared_ptr<Operation>> operations;

  // The calls of an operation that belong to the graph, in the order in which they were made.
  std::vector<const OperationNode*> nodes_of(const Operation& operation) const;
  // Nothing but one call after another, each of another layer.
  bool is_chain() const;
};

// A symbolic tensor is known by its call and its position there.
using TensorKey = std::pair<const OperationNode*, int>;
inline TensorKey key_of(const Tensor& t) { return {t.symbolic()->node.get(), t.symbolic()->tensor_index}; }

// The symbolic tensors that a call reads.
std::vector<Tensor> symbolic_tensors(const OperationNode& node);

// ValueError: a tensor in between that nothing makes, or two operations of one name.
OperationGraph map_graph(const std::vector<Tensor>& inputs, const std::vector<Tensor>& outputs);

}  // namespace cornu::keras

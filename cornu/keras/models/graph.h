#pragma once

#include <memory>
#include <vector>

#include "cornu/keras/ops/operation.h"

namespace cornu::keras {

// The calls that lead from inputs to outputs, in Keras's orders (files and summaries follow them): operations by depth, those
// of equal depth as a walk from the outputs meets them.
struct OperationGraph {
  std::vector<std::shared_ptr<const OperationNode>> nodes;  // operands first
  std::vector<std::shared_ptr<Operation>> operations;

  bool contains(const OperationNode* node) const;
};

// ValueError: an output that does not follow from the inputs, or two operations of one name.
OperationGraph map_graph(const std::vector<Tensor>& inputs, const std::vector<Tensor>& outputs);

}  // namespace cornu::keras

#include <numeric>

#include "cornu/ops/conv/conv.h"
#include "cornu/ops/pointwise.h"
#include "cornu/ops/view/view.h"
#include "cornu/passes/pass.h"

namespace cornu::passes {
namespace {

using namespace ir;

bool is_convolution(const Node& node) {
  return &node.op() == &ops::conv_op || &node.op() == &ops::conv_input_gradient_op || &node.op() == &ops::conv_kernel_gradient_op;
}

// The last axis first: of what a cast is of, which one kernel reads and stores then.
Value with_filters_first(const Value& kernel) {
  if (&kernel->op() == &ops::cast_op) return ops::cast(with_filters_first(kernel->operand(0)), kernel.dtype());
  std::vector<int> order(static_cast<std::size_t>(kernel.shape().rank()));
  std::iota(order.begin() + 1, order.end(), 0);
  order[0] = kernel.shape().rank() - 1;
  return ops::transpose(kernel, order);
}
// And back.
Value with_filters_last(const Value& kernel) {
  std::vector<int> order(static_cast<std::size_t>(kernel.shape().rank()));
  std::iota(order.begin(), order.end() - 1, 1);
  order.back() = 0;
  return ops::transpose(kernel, order);
}

}  // namespace

// cuDNN's engines want a filter's weights together. The transposes join their neighbours: the cast of a master weight, its update.
Graph filters_first(const Graph& graph, const Context& context) {
  if (context.target.kind != TargetKind::cuda) return graph;
  return rewritten(graph, [&](const Node& node, const std::vector<Value>& operands) -> std::vector<Value> {
    if (!is_convolution(node) || node.attributes<ops::ConvAttributes>().filters_first) return {};
    auto attributes = node.attributes<ops::ConvAttributes>();
    attributes.filters_first = true;
    if (&node.op() == &ops::conv_kernel_gradient_op)
      return {with_filters_last(apply(node.op(), std::move(attributes), {operands[0], operands[1]}))};
    return {apply(node.op(), std::move(attributes), {operands[0], with_filters_first(operands[1])})};
  });
}

}  // namespace cornu::passes

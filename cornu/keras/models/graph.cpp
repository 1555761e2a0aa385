#include "cornu/keras/models/graph.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace cornu::keras {
namespace {

using NodePtr = std::shared_ptr<const OperationNode>;

class Mapper {
 public:
  Mapper(const std::vector<Tensor>& inputs, const std::vector<Tensor>& outputs) : inputs_(inputs), outputs_(outputs) {
    for (const Tensor& t : inputs) is_input_.insert(key_of(t));
  }

  OperationGraph run() {
    for (const Tensor& output : outputs_) visit(output);
    measure_depths();
    add_unused_inputs();
    OperationGraph graph;
    graph.operations = sorted_operations();
    graph.nodes = sorted_nodes();
    for (const auto& node : graph.nodes) graph.depths.push_back(node_depth_.at(node.get()));
    check_connected(graph);
    check_names(graph);
    return graph;
  }

 private:
  // Depth first, operands before their readers; iterative, for deep models.
  void visit(const Tensor& output) {
    struct Frame {
      NodePtr node;
      std::vector<Tensor> operands;
      std::size_t next = 0;
    };
    std::vector<Frame> stack;
    auto enter = [&](const Tensor& t) {
      const NodePtr& node = t.symbolic()->node;
      if (seen_.count(node.get())) return;
      seen_.insert(node.get());
      if (!node->is_input() && is_input_.count(key_of(t))) return;  // outside: a model cut from the middle of another
      position_.emplace(node->operation.get(), static_cast<int>(position_.size()));
      stack.push_back({node, symbolic_tensors(*node)});
    };
    enter(output);
    while (!stack.empty()) {
      Frame& frame = stack.back();
      if (frame.next < frame.operands.size()) {
        const Tensor operand = frame.operands[frame.next++];
        enter(operand);
        continue;
      }
      order_.push_back(frame.node);
      stack.pop_back();
    }
  }

  void measure_depths() {
    for (const auto& node : order_) in_graph_.insert(node.get());
    for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
      int& depth = node_depth_[it->get()];
      int& of_operation = operation_depth_[(*it)->operation.get()];
      depth = of_operation = std::max(depth, of_operation);
      for (const Tensor& operand : symbolic_tensors(**it)) {
        const auto* below = operand.symbolic()->node.get();
        if (in_graph_.count(below)) node_depth_[below] = std::max(node_depth_[below], depth + 1);
      }
    }
  }

  void add_unused_inputs() {
    for (const Tensor& t : inputs_) {
      const NodePtr& node = t.symbolic()->node;
      if (!node->is_input() || operation_depth_.count(node->operation.get())) continue;
      order_.push_back(node);
      operation_depth_[node->operation.get()] = 0;
      position_[node->operation.get()] = -1;
      node_depth_[node.get()] = 0;
    }
  }

  std::vector<std::shared_ptr<Operation>> sorted_operations() const {
    std::vector<std::shared_ptr<Operation>> out;
    for (const auto& node : order_)
      if (std::find(out.begin(), out.end(), node->operation) == out.end()) out.push_back(node->operation);
    std::stable_sort(out.begin(), out.end(), [&](const auto& a, const auto& b) {
      const int depth_a = operation_depth_.at(a.get()), depth_b = operation_depth_.at(b.get());
      return depth_a != depth_b ? depth_a > depth_b : position_.at(a.get()) < position_.at(b.get());
    });
    return out;
  }
  std::vector<NodePtr> sorted_nodes() const {
    auto out = order_;
    std::stable_sort(out.begin(), out.end(),
                     [&](const auto& a, const auto& b) { return node_depth_.at(a.get()) > node_depth_.at(b.get()); });
    return out;
  }

  void check_connected(const OperationGraph& graph) const {
    std::set<TensorKey> computable = is_input_;
    std::string accessed;
    for (const auto& node : graph.nodes) {
      for (const Tensor& t : symbolic_tensors(*node))
        if (!computable.count(key_of(t)))
          throw error<ValueError>(
              "Graph disconnected: cannot find parent for tensor {} at operation '{}'. The following previous operations "
              "were accessed without issue: [{}]",
              t.symbolic()->name, node->operation->name(), accessed);
      accessed += (accessed.empty() ? "" : ", ") + node->operation->name();
      for (std::size_t i = 0; i < node->outputs.count(); ++i) computable.insert({node.get(), static_cast<int>(i)});
    }
  }

  static void check_names(const OperationGraph& graph) {
    std::map<std::string, int> used;
    for (const auto& operation : graph.operations) ++used[operation->name()];
    for (const auto& [name, count] : used)
      if (count != 1)
        throw error<ValueError>("The name \"{}\" is used {} times in the model. All operation names should be unique.", name,
                                count);
  }

  const std::vector<Tensor>&inputs_, &outputs_;
  std::set<TensorKey> is_input_;
  std::unordered_set<const OperationNode*> seen_, in_graph_;
  std::vector<NodePtr> order_;
  std::unordered_map<const Operation*, int> position_, operation_depth_;
  std::unordered_map<const OperationNode*, int> node_depth_;
};

}  // namespace

std::vector<Tensor> symbolic_tensors(const OperationNode& node) {
  auto out = node.arguments.tensors();
  std::erase_if(out, [](const Tensor& t) { return !t.is_symbolic(); });
  return out;
}

std::vector<const OperationNode*> OperationGraph::nodes_of(const Operation& operation) const {
  std::vector<const OperationNode*> out;
  for (const auto& node : nodes)
    if (node->operation.get() == &operation) out.push_back(node.get());
  std::sort(out.begin(), out.end(), [](auto* a, auto* b) { return a->index < b->index; });
  return out;
}

bool OperationGraph::is_chain() const {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const bool alone = i == 0 || depths[i] != depths[i - 1];
    if (!alone || symbolic_tensors(*nodes[i]).size() > 1 || nodes_of(*nodes[i]->operation).size() > 1) return false;
  }
  return true;
}

OperationGraph map_graph(const std::vector<Tensor>& inputs, const std::vector<Tensor>& outputs) {
  return Mapper(inputs, outputs).run();
}

}  // namespace cornu::keras

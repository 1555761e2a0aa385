#include "cornu/autodiff/gradient.h"

#include <algorithm>

#include "cornu/ir/graph.h"
#include "cornu/ops/pointwise.h"

namespace cornu::autodiff {
namespace {

using ir::Node;
using ir::Value;

class Reverse {
 public:
  Reverse(std::span<const Value> outputs, std::span<const Value> wrt) : order_(ir::topological(outputs)) {
    for (const Value& v : wrt) depends_[v] = v.dtype().is_floating();
    for (Node* node : order_)
      if (reads_wrt(*node))
        for (const Value& v : ir::outputs_of(*node)) depends_.emplace(v, v.dtype().is_floating());
  }

  void add(const Value& v, const Value& grad) {
    if (!grad || !depends(v)) return;
    CORNU_CHECK(compatible(grad.shape(), v.shape()) && grad.dtype() == v.dtype(), "A gradient of {} for {} of `{}`.",
                to_string(grad.spec()), to_string(v.spec()), v->op().name);
    Value& total = grads_[v];
    total = total ? ops::add(total, grad) : grad;
  }

  void run() {
    for (auto it = order_.rbegin(); it != order_.rend(); ++it)
      if (reads_wrt(**it)) step(**it);
  }

  Value grad(const Value& v) const {
    const auto found = grads_.find(v);
    return found == grads_.end() ? Value() : found->second;
  }

 private:
  bool depends(const Value& v) const {
    const auto found = depends_.find(v);
    return found != depends_.end() && found->second;
  }
  // A resolved node has let its operands go: it is a leaf.
  bool reads_wrt(const Node& node) const {
    return std::any_of(node.operands().begin(), node.operands().end(), [&](const Value& v) { return depends(v); });
  }

  void step(Node& node) {
    const auto outputs = ir::outputs_of(node);
    std::vector<Value> grads;
    for (const Value& v : outputs) grads.push_back(grad(v));
    if (std::none_of(grads.begin(), grads.end(), [](const Value& g) { return bool(g); })) return;
    if (!node.op().vjp)
      throw error<NotImplementedError>("`{}` has no gradient. Use `stop_gradient` on its result if none is wanted.",
                                       node.op().name);
    std::vector<bool> wanted;
    for (const Value& v : node.operands()) wanted.push_back(depends(v));
    const auto found = node.op().vjp({node, node.operands(), outputs, grads, std::move(wanted), gradients});
    CORNU_CHECK(found.size() == node.operands().size(), "The gradient of `{}` gave {} values for {} operands.", node.op().name,
                found.size(), node.operands().size());
    for (std::size_t i = 0; i < found.size(); ++i) add(node.operand(int(i)), found[i]);
  }

  std::vector<Node*> order_;
  ir::ValueMap<bool> depends_;  // a floating path leads to it from a `wrt`
  ir::ValueMap<Value> grads_;
};

}  // namespace

std::vector<Value> gradients(std::span<const Value> outputs, std::span<const Value> output_grads, std::span<const Value> wrt) {
  CORNU_CHECK(outputs.size() == output_grads.size());
  Reverse reverse(outputs, wrt);
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (outputs[i]) reverse.add(outputs[i], output_grads[i]);
  reverse.run();
  std::vector<Value> out;
  for (const Value& v : wrt) out.push_back(reverse.grad(v));
  return out;
}

}  // namespace cornu::autodiff

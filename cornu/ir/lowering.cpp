#include "cornu/ir/lowering.h"

#include "cornu/ir/leaf.h"

namespace cornu::ir {
namespace {

class FunctionKernel final : public Kernel {
 public:
  FunctionKernel(std::string description, std::function<void(const KernelCall&)> run, std::size_t scratch)
      : description_(std::move(description)), run_(std::move(run)), scratch_(scratch) {}
  std::string describe() const override { return description_; }
  std::size_t scratch_bytes() const override { return scratch_; }
  void run(const KernelCall& call) const override { run_(call); }

 private:
  std::string description_;
  std::function<void(const KernelCall&)> run_;
  std::size_t scratch_;
};

}  // namespace

void StatusWord::set(Code what, std::string_view by, int64_t received, int64_t allowed) {
  uint32_t expected = ok;
  if (!code.compare_exchange_strong(expected, what)) return;
  op = by;
  value = received;
  limit = allowed;
}

void StatusWord::raise() const {
  throw error<ValueError>(
      "`{}` received the index {}, which is out of range: valid are 0 to {} ({} classes). Check the labels or token ids, or make "
      "the layer larger. The weights are those of the last good step.",
      op, value, limit - 1, limit);
}

std::vector<Lowering> joined(std::initializer_list<std::span<const Lowering>> tables) {
  std::vector<Lowering> all;
  for (const auto& table : tables) all.insert(all.end(), table.begin(), table.end());
  return all;
}

std::vector<Value> offered_inputs(const Offer& offer, int takes) {
  std::vector<Value> out(offer.anchor.operands().begin(), offer.anchor.operands().end());
  for (int i = 0; i < takes; ++i)
    for (const Value& v : offer.epilogue[i]->operands())
      if (!(v == offer.result(i))) out.push_back(v);
  return out;
}

std::unique_ptr<Kernel> function_kernel(std::string description, std::function<void(const KernelCall&)> run,
                                        std::size_t scratch_bytes) {
  return std::make_unique<FunctionKernel>(std::move(description), std::move(run), scratch_bytes);
}

Lowered reference_lowering(const Node& node) {
  CORNU_CHECK(node.op().reference, "`{}` has no reference.", node.op().name);
  std::vector<HostOperand> in, out;
  for (const Value& v : node.operands()) in.push_back({v.spec(), nullptr});
  for (const Spec& s : node.specs()) out.push_back({s, nullptr});
  auto run = [&op = node.op(), attributes = node.attributes(), in, out](const KernelCall& call) {
    auto bound_in = in, bound_out = out;
    int next = 0;
    for (auto* side : {&bound_in, &bound_out})
      for (auto& operand : *side) operand.data = call.operand<std::byte>(next++);
    op.reference(attributes, bound_in, bound_out);
  };
  auto* self = const_cast<Node*>(&node);
  return {function_kernel(std::string(node.op().name) + " [reference]", run),
          {node.operands().begin(), node.operands().end()},
          outputs_of(*self)};
}

std::vector<std::vector<std::byte>> evaluate_by_reference(const Graph& graph, std::span<const HostOperand> arguments) {
  CORNU_CHECK(arguments.size() == graph.parameters.size());
  ValueMap<std::vector<std::byte>> memory;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto* from = arguments[i].data;
    memory[graph.parameters[i]].assign(from, from + bytes_of(graph.parameters[i].spec()));
  }
  for (Node* node : topological(graph)) {
    if (memory.count(Value(node, 0))) continue;
    CORNU_CHECK(node->op().reference, "`{}` has no reference.", node->op().name);
    std::vector<HostOperand> in, out;
    for (const Value& v : outputs_of(*node)) {
      auto& bytes = memory[v];
      bytes.resize(bytes_of(v.spec()));
    }
    for (const Value& v : node->operands()) in.push_back({v.spec(), memory.at(v).data()});
    for (const Value& v : outputs_of(*node)) out.push_back({v.spec(), memory.at(v).data()});
    node->op().reference(node->attributes(), in, out);
  }
  std::vector<std::vector<std::byte>> results;
  for (const Value& v : graph.results) results.push_back(memory.at(v));
  return results;
}

}  // namespace cornu::ir

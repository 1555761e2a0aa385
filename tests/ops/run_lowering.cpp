#include "tests/ops/run_lowering.h"

#include <cstring>

namespace cornu::testing {
namespace {

using ir::KernelCall;
using ir::Value;

// A body that wants scratch and state of its own, and says so when it gets none.
class ReferenceBody final : public ir::SubProgram {
 public:
  explicit ReferenceBody(ir::Graph graph) : graph_(std::move(graph)) {}
  std::size_t scratch_bytes() const override { return kScratch; }
  std::unique_ptr<ir::KernelState> make_state() const override { return std::make_unique<State>(this); }
  void run(std::span<void* const> inputs, std::span<void* const> outputs, const KernelCall& call) const override {
    CORNU_CHECK(static_cast<State*>(call.state)->owner == this && inputs.size() == graph_.parameters.size() &&
                outputs.size() == graph_.results.size() && call.status);
    std::memset(call.scratch, 0xab, kScratch);
    std::vector<ir::HostOperand> in;
    for (std::size_t i = 0; i < inputs.size(); ++i)
      in.push_back({graph_.parameters[i].spec(), static_cast<std::byte*>(inputs[i])});
    const auto results = ir::evaluate_by_reference(graph_, in);
    for (std::size_t i = 0; i < outputs.size(); ++i) std::memcpy(outputs[i], results[i].data(), results[i].size());
  }

 private:
  static constexpr std::size_t kScratch = 96;
  struct State final : ir::KernelState {
    explicit State(const ReferenceBody* body) : owner(body) {}
    const ReferenceBody* owner;
  };
  ir::Graph graph_;
};

const ir::Lowering& first_for_cpu(const ir::OpDef& op) {
  for (const ir::Lowering& lowering : op.lowerings())
    if (lowering.target == TargetKind::cpu) return lowering;
  throw error<InternalError>("`{}` has no lowering for the CPU.", op.name);
}

}  // namespace

std::vector<Array> run_lowering(const ir::Graph& graph, std::vector<Array> arguments, int threads, ir::StatusWord* status) {
  return run_lowering(first_for_cpu(graph.results[0]->op()), graph, std::move(arguments), threads, status);
}

std::vector<Array> run_lowering(const ir::Lowering& lowering, const ir::Graph& graph, std::vector<Array> arguments, int threads,
                                ir::StatusWord* status) {
  ir::Node& node = graph.results[0].node();
  const ir::LoweringContext context{Target::host(), [](const ir::Graph& body) -> std::shared_ptr<const ir::SubProgram> {
                                      return std::make_shared<ReferenceBody>(body);
                                    }};
  const ir::Lowered lowered = lowering.lower({node, {}}, 0, context);

  ir::ValueMap<Array> memory;
  for (std::size_t i = 0; i < arguments.size(); ++i) memory[graph.parameters[i]] = arguments[i];
  std::vector<void*> operands;
  for (const Value& v : lowered.inputs) {
    if (!memory.count(v)) memory[v] = evaluate({graph.parameters, {v}}, arguments)[0];
    operands.push_back(memory.at(v).bytes.data());
  }
  ir::StatusWord own;
  std::vector<std::vector<std::byte>> prepared;
  for (const ir::Preparation& preparation : lowered.preparations) {
    std::vector<std::byte> scratch(preparation.kernel->scratch_bytes() + 64);
    void* both[] = {operands[preparation.input], prepared.emplace_back(preparation.bytes).data()};
    const auto state = preparation.kernel->make_state();
    preparation.kernel->run({both, scratch.data(), state.get(), &own, threads});
    operands[preparation.input] = both[1];
  }
  constexpr std::size_t kGuard = 64;
  for (const Value& v : lowered.outputs) {
    const std::size_t bytes = v.shape().elements() * v.dtype().size() + kGuard;
    memory[v] = {v.spec(), std::vector<std::byte>(bytes, std::byte(0xcd))};
    operands.push_back(memory.at(v).bytes.data());
  }
  std::vector<std::byte> scratch(lowered.kernel->scratch_bytes() + 64 + kGuard, std::byte(0xef));
  auto* aligned = reinterpret_cast<std::byte*>((reinterpret_cast<uintptr_t>(scratch.data()) + 63) / 64 * 64);
  const auto state = lowered.kernel->make_state();
  for (int run = 0; run < 2; ++run)  // a kernel may keep nothing from one run to the next
    lowered.kernel->run({operands.data(), aligned, state.get(), status ? status : &own, threads});

  auto expect_untouched = [](const std::byte* from, std::byte fill) {
    for (std::size_t i = 0; i < kGuard; ++i) CORNU_CHECK(from[i] == fill, "A kernel wrote behind its memory.");
  };
  expect_untouched(aligned + lowered.kernel->scratch_bytes(), std::byte(0xef));
  std::vector<Array> out;
  for (const Value& v : graph.results) {
    Array a = memory.at(v);
    if (a.bytes.size() > std::size_t(v.shape().elements() * v.dtype().size())) {
      expect_untouched(a.bytes.data() + a.bytes.size() - kGuard, std::byte(0xcd));
      a.bytes.resize(a.bytes.size() - kGuard);
    }
    out.push_back(std::move(a));
  }
  return out;
}

}  // namespace cornu::testing

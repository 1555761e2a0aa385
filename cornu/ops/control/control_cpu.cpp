#include <algorithm>
#include <cstring>

#include "cornu/ir/lowering.h"
#include "cornu/ops/control/control.h"

// The host walks through branches and steps and runs compiled bodies.

namespace cornu::ops {
namespace {

using ir::KernelCall;

// Of a piece of a kernel's scratch.
std::size_t aligned(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

// The compiled graphs of a node. They run one after the other, so they share scratch; each has its state.
class Bodies {
 public:
  Bodies(const ir::LoweringContext& context, std::initializer_list<ir::GraphPtr> graphs) {
    for (const auto& graph : graphs) programs_.push_back(context.compile(*graph));
  }
  std::size_t scratch_bytes() const {
    std::size_t most = 0;
    for (const auto& program : programs_) most = std::max(most, aligned(program->scratch_bytes()));
    return most;
  }
  std::unique_ptr<ir::KernelState> make_state() const {
    auto out = std::make_unique<States>();
    for (const auto& program : programs_) out->each.push_back(program->make_state());
    return out;
  }
  void run(std::size_t which, std::span<void* const> in, std::span<void* const> out, const KernelCall& call,
           std::byte* scratch) const {
    KernelCall inner = call;
    inner.scratch = scratch;
    inner.state = static_cast<States*>(call.state)->each[which].get();
    programs_[which]->run(in, out, inner);
  }

 private:
  struct States final : ir::KernelState {
    std::vector<std::unique_ptr<ir::KernelState>> each;
  };
  std::vector<std::shared_ptr<const ir::SubProgram>> programs_;
};

// A kernel whose scratch is the bodies', then its own.
class ControlKernel : public ir::Kernel {
 public:
  ControlKernel(const ir::Node& node, Bodies bodies)
      : inputs_(node.operands().size()), outputs_(node.specs().begin(), node.specs().end()), bodies_(std::move(bodies)) {}
  std::size_t scratch_bytes() const override { return bodies_.scratch_bytes() + own_scratch_bytes(); }
  std::unique_ptr<ir::KernelState> make_state() const override { return bodies_.make_state(); }

 protected:
  virtual std::size_t own_scratch_bytes() const { return 0; }
  std::byte* own_scratch(const KernelCall& call) const { return call.scratch + bodies_.scratch_bytes(); }
  std::vector<void*> inputs(const KernelCall& call) const { return {call.operands, call.operands + inputs_}; }
  std::vector<void*> outputs(const KernelCall& call) const {
    return {call.operands + inputs_, call.operands + inputs_ + outputs_.size()};
  }

  const std::size_t inputs_;
  const std::vector<ir::Spec> outputs_;
  const Bodies bodies_;
};

// --- cond ---

class CondKernel final : public ControlKernel {
 public:
  using ControlKernel::ControlKernel;
  std::string describe() const override { return "cond [host]"; }
  void run(const KernelCall& call) const override {
    const auto in = inputs(call);
    bodies_.run(*call.operand<bool>(0) ? 0 : 1, std::span(in).subspan(1), outputs(call), call, call.scratch);
  }
};

// --- while_loop ---

// The state lies in the result and in scratch in turn: a body never writes what it reads.
class WhileLoopKernel final : public ControlKernel {
 public:
  WhileLoopKernel(const ir::Node& node, const ir::LoweringContext& context, const WhileLoopAttributes& a)
      : ControlKernel(node, Bodies(context, {a.condition, a.body})), maximum_(a.maximum_iterations) {}
  std::string describe() const override { return "while_loop [host]"; }
  void run(const KernelCall& call) const override {
    auto now = inputs(call);
    auto targets = outputs(call), others = scratch_state(call);
    auto* go_on = reinterpret_cast<bool*>(own_scratch(call));
    void* const answer[] = {go_on};
    const std::size_t first = inputs_ - outputs_.size();
    for (int64_t step = 0; !maximum_ || step < *maximum_; ++step) {
      bodies_.run(0, now, answer, call, call.scratch);
      if (!*go_on || call.status->is_set()) break;
      bodies_.run(1, now, targets, call, call.scratch);
      std::copy(targets.begin(), targets.end(), now.begin() + first);
      std::swap(targets, others);
    }
    const auto results = outputs(call);
    for (std::size_t i = 0; i < results.size(); ++i)
      if (now[first + i] != results[i]) std::memcpy(results[i], now[first + i], bytes_of(outputs_[i]));
  }

 private:
  std::size_t own_scratch_bytes() const override {
    std::size_t bytes = aligned(sizeof(bool));
    for (const auto& spec : outputs_) bytes += aligned(bytes_of(spec));
    return bytes;
  }
  std::vector<void*> scratch_state(const KernelCall& call) const {
    std::vector<void*> out;
    std::byte* at = own_scratch(call) + aligned(sizeof(bool));
    for (const auto& spec : outputs_) {
      out.push_back(at);
      at += aligned(bytes_of(spec));
    }
    return out;
  }
  const std::optional<int64_t> maximum_;
};

// --- scan ---

// Carries go from the first values through two places in scratch to the result.
class ScanKernel final : public ControlKernel {
 public:
  ScanKernel(const ir::Node& node, const ir::LoweringContext& context, const ScanAttributes& a)
      : ControlKernel(node, Bodies(context, {a.body})),
        carries_(a.carries),
        first_carry_(inputs_ - a.carries - a.sequences),
        length_(a.length),
        reverse_(a.reverse) {
    for (const Value& v : node.operands().last(a.sequences)) strides_.push_back(length_ ? bytes_of(v.spec()) / length_ : 0);
    for (std::size_t i = carries_; i < outputs_.size(); ++i) strides_.push_back(length_ ? bytes_of(outputs_[i]) / length_ : 0);
  }
  std::string describe() const override { return "scan [host]"; }
  void run(const KernelCall& call) const override {
    const auto in = inputs(call), out = outputs(call);
    if (length_ == 0)
      for (std::size_t k = 0; k < carries_; ++k) std::memcpy(out[k], in[first_carry_ + k], bytes_of(outputs_[k]));
    auto reads = in, writes = out;
    for (int64_t step = 0; step < length_; ++step) {
      const int64_t slice = reverse_ ? length_ - 1 - step : step;
      auto stride = strides_.begin();
      for (std::size_t i = first_carry_ + carries_; i < in.size(); ++i)
        reads[i] = static_cast<std::byte*>(in[i]) + slice * *stride++;
      for (std::size_t i = carries_; i < out.size(); ++i) writes[i] = static_cast<std::byte*>(out[i]) + slice * *stride++;
      std::byte* place = own_scratch(call) + (step % 2) * carry_bytes();
      for (std::size_t k = 0; k < carries_; ++k) {
        writes[k] = step == length_ - 1 ? out[k] : place;
        place += aligned(bytes_of(outputs_[k]));
      }
      bodies_.run(0, reads, writes, call, call.scratch);
      std::copy_n(writes.begin(), carries_, reads.begin() + first_carry_);
    }
  }

 private:
  std::size_t own_scratch_bytes() const override { return 2 * carry_bytes(); }
  std::size_t carry_bytes() const {
    std::size_t bytes = 0;
    for (std::size_t k = 0; k < carries_; ++k) bytes += aligned(bytes_of(outputs_[k]));
    return bytes;
  }
  const std::size_t carries_, first_carry_;
  const int64_t length_;
  const bool reverse_;
  std::vector<int64_t> strides_;  // bytes of a slice: of each sequence, then of each stacked result
};

ir::Lowered lowered(const ir::Offer& offer, std::unique_ptr<ir::Kernel> kernel) {
  return {std::move(kernel), ir::offered_inputs(offer, 0), ir::outputs_of(offer.result(0).node())};
}
ir::Lowered lower_cond(const ir::Offer& offer, int, const ir::LoweringContext& context) {
  const auto& a = offer.anchor.attributes<CondAttributes>();
  return lowered(offer, std::make_unique<CondKernel>(offer.anchor, Bodies(context, {a.then_branch, a.else_branch})));
}
ir::Lowered lower_while_loop(const ir::Offer& offer, int, const ir::LoweringContext& context) {
  return lowered(offer, std::make_unique<WhileLoopKernel>(offer.anchor, context, offer.anchor.attributes<WhileLoopAttributes>()));
}
ir::Lowered lower_scan(const ir::Offer& offer, int, const ir::LoweringContext& context) {
  return lowered(offer, std::make_unique<ScanKernel>(offer.anchor, context, offer.anchor.attributes<ScanAttributes>()));
}

}  // namespace

std::span<const ir::Lowering> cond_lowerings() {
  static const ir::Lowering all[] = {{"host", TargetKind::cpu, ir::any_offer, lower_cond, false}};
  return all;
}
std::span<const ir::Lowering> while_loop_lowerings() {
  static const ir::Lowering all[] = {{"host", TargetKind::cpu, ir::any_offer, lower_while_loop, false}};
  return all;
}
std::span<const ir::Lowering> scan_lowerings() {
  static const ir::Lowering all[] = {{"host", TargetKind::cpu, ir::any_offer, lower_scan, false}};
  return all;
}

}  // namespace cornu::ops

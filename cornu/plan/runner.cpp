#include "cornu/plan/runner.h"

#include "cornu/device/array.h"

namespace cornu::plan {

Runner::Runner(std::shared_ptr<const Program> program) : program_(std::move(program)) {
  const Program& p = *program_;
  if (p.kept_bytes > 0) kept_ = devices::allocate_memory(p.kept_bytes);
  slots_.resize(p.inputs.size() + p.variables.size() + p.captures.size() + p.results.size() + p.forms.size());
  for (const Step& step : p.steps) {
    steps_.push_back(
        {step.kernel.get(), static_cast<int>(addresses_.size()), step.scratch, step.writes_state, step.kernel->make_state()});
    for (const Location& at : step.operands) {
      const Slot slot{static_cast<int>(addresses_.size()), at.offset};
      if (at.where == Where::scratch) scratch_slots_.push_back(slot);
      else if (at.where != Where::kept) slots_[base_of(at.where) + at.index].push_back(slot);
      addresses_.push_back(at.where == Where::kept ? kept_.get() + at.offset : nullptr);
    }
  }
}

int Runner::base_of(Where where) const {
  const Program& p = *program_;
  int base = 0;
  if (where == Where::input) return base;
  base += static_cast<int>(p.inputs.size());
  if (where == Where::variable) return base;
  base += static_cast<int>(p.variables.size());
  if (where == Where::capture) return base;
  base += static_cast<int>(p.captures.size());
  if (where == Where::result) return base;
  return base + static_cast<int>(p.results.size());
}

void Runner::bind_scratch(std::byte* base) {
  if (base == scratch_) return;
  scratch_ = base;
  for (const Slot& slot : scratch_slots_) addresses_[slot.at] = base + slot.offset;
}

// What `around` makes of a step lives while the step runs.
template <class Around>
void Runner::run_steps(std::size_t first, ir::StatusWord& status, int threads, Around around) {
  for (std::size_t i = first; i < steps_.size(); ++i) {
    const Bound& step = steps_[i];
    if (step.writes_state && status.is_set()) continue;
    [[maybe_unused]] const auto& it = around(*step.kernel);
    step.kernel->run({addresses_.data() + step.first_operand, scratch_ + step.scratch, step.state.get(), &status, threads});
  }
}

void Runner::run(ir::StatusWord& status, int threads, uint64_t version) {
  const std::size_t first = settled_at_ == version ? static_cast<std::size_t>(program_->settled_steps) : 0;
  if (traced_.next())
    run_steps(first, status, threads,
              [](const ir::Kernel& kernel) { return timeline::Span(true, "kernel", [&] { return kernel.describe(); }); });
  else run_steps(first, status, threads, [](const ir::Kernel&) { return 0; });
  settled_at_ = version;
}

}  // namespace cornu::plan

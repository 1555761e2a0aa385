#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "cornu/plan/program.h"
#include "cornu/plan/traced_runs.h"

namespace cornu::plan {

// A program bound to addresses, with the memory of what it keeps: what a run walks. Not thread-safe; a run at a time.
class Runner {
 public:
  // Memory that stays: scratch may be null until bound.
  explicit Runner(std::shared_ptr<const Program> program);

  void bind(Where where, int index, void* address) {
    for (const Slot& slot : slots_[base_of(where) + index]) addresses_[slot.at] = static_cast<std::byte*>(address) + slot.offset;
  }
  void bind_scratch(std::byte* base);
  // Runs the steps; the settled ones only where `version` is not that of the run before. Throws nothing for what the status word
  // tells; the caller reads it.
  void run(ir::StatusWord& status, int threads, uint64_t version = 0);
  const Program& program() const { return *program_; }

 private:
  struct Slot {
    int at;
    int64_t offset;
  };
  struct Bound {
    const ir::Kernel* kernel;
    int first_operand;
    int64_t scratch;
    bool writes_state;
    std::unique_ptr<ir::KernelState> state;
  };
  int base_of(Where where) const;
  template <class Around>
  void run_steps(std::size_t first, ir::StatusWord& status, int threads, Around around);

  std::shared_ptr<const Program> program_;
  std::vector<Bound> steps_;
  std::vector<void*> addresses_;
  std::vector<std::vector<Slot>> slots_;  // inputs, variables, captures, results, forms
  std::vector<Slot> scratch_slots_;
  std::byte* scratch_ = nullptr;
  std::shared_ptr<std::byte> kept_;
  std::optional<uint64_t> settled_at_;  // the version that `kept_` is of
  TracedRuns traced_;
};

}  // namespace cornu::plan

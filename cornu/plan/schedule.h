#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cornu/ir/group.h"
#include "cornu/ir/kernel_program.h"

namespace cornu::plan {

// A variable's memory that gets a value.
struct VariableWrite {
  ir::Value variable;  // the parameter that stands for the old value
  ir::Value value;
};

// A lowered group on its way to a step: a library call, or a kernel program over one or more segments.
struct Work {
  std::shared_ptr<const ir::Kernel> kernel;  // of a program: made when its segments are known
  std::shared_ptr<const ir::KernelProgram> program;
  std::vector<ir::Launch> launches;
  std::vector<ir::Value> inputs, outputs;   // what it reads and writes
  std::vector<ir::Value> operands;          // the same in the kernel's order
  std::vector<VariableWrite> state_writes;  // outputs that go straight into variables
  bool checks = false;
  std::string form;  // the key of the form that it makes of its input, where that is all it does
};

// The memory that a value is read from: itself, or what its views walk through.
ir::Value storage_of(const ir::Value& value);

// Puts work in an order in which readers of a variable's old value, and all that may set the status word, run before its write, and
// merges updates that run the same program into one over segments; for a card, which pays for each launch, also other work
// where nothing waits longer for it. A write that no order allows is left out of `state_writes`.
std::vector<Work> schedule(std::vector<Work> work, const std::vector<VariableWrite>& writes, TargetKind target);

}  // namespace cornu::plan

#pragma once

#include <memory>
#include <vector>

#include "cornu/ir/group.h"
#include "cornu/ir/kernel_program.h"

namespace cornu::codegen {

// A group written as a kernel program, with the numbers of its launch and the values behind its operands.
struct BuiltProgram {
  std::shared_ptr<ir::KernelProgram> program;
  ir::Launch launch;
  // The memory behind each program operand that has any (an index operand has none), inputs first, then outputs.
  std::vector<ir::Value> inputs, outputs;
};

BuiltProgram build_program(const ir::Group& group);

}  // namespace cornu::codegen

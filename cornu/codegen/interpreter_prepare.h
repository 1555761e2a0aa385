#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "cornu/ir/kernel_program.h"

namespace cornu::codegen {

// One instruction, decoded: loads and stores move between a dtype and its own computing type only.
struct Step {
  ir::Prim prim;
  ir::RegisterType type;     // of the result
  ir::RegisterType operand;  // of the operands (for a select: of what it chooses)
  ir::RegisterId result = ir::kNoRegister;
  std::array<ir::RegisterId, 3> operands{ir::kNoRegister, ir::kNoRegister, ir::kNoRegister};
  uint64_t immediate = 0;
};

// One pass over the reduced loops and what follows it.
struct Pass {
  std::vector<Step> code;  // full; stores last
  std::vector<Step> reduces;
};
struct Phase {
  Pass once;               // with the full registers of earlier phases at hand: all reduced points fit in a tile
  Pass again;              // on its own, in registers of its own: each phase goes over the reduced points in chunks
  std::vector<Step> kept;  // from the results of this phase's reductions
};

// A kernel program made ready, without a number of its launch in it.
struct PreparedProgram {
  std::shared_ptr<const ir::KernelProgram> program;
  std::vector<ir::RegisterType> registers;
  bool reduces = false;  // else all loops are walked alike
  std::vector<Step> uniform, uniform_stores;
  std::vector<Step> kept_first, kept_stores;  // before the first phase and after the last
  std::vector<Phase> phases;
};

// Found by the program's key where an equal one was prepared before; any thread may ask.
std::shared_ptr<const PreparedProgram> prepare(std::shared_ptr<const ir::KernelProgram> program);

}  // namespace cornu::codegen

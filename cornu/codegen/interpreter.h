#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "cornu/ir/kernel_program.h"
#include "cornu/ir/lowering.h"
#include "cornu/target/target.h"

namespace cornu::codegen {

// A kernel program as a kernel that interprets it: tile by tile, one vectorised loop an instruction. It runs on any CPU, knows
// every instruction, and is what generated code is compared with.
//
// The program is launched over each of `launches` (segments). KernelCall::operands are, segment after segment, the addresses of
// the program's operands in their order, without those of Access::index, which have no memory. An address is that of element 0:
// the launch's offset is added here.
//
// Results have the same bits for every instruction set and any number of threads: a reduction's order depends on extents only.
// The caller sets flush-to-zero on its own thread (FlushDenormals); the kernel's other threads set it themselves.
//
// An output may share its memory with inputs that walk it alike (same dtype, offset and strides), each element being read
// before it is written; in a program that reduces only with those pairs that in_place() tells.
std::unique_ptr<ir::Kernel> interpret(std::shared_ptr<const ir::KernelProgram> program, std::vector<ir::Launch> launches,
                                      Isa isa = Target::host().cpu.isa);

// How many different programs this process has prepared: launching an equal one with other extents adds none.
int64_t programs_prepared();

}  // namespace cornu::codegen

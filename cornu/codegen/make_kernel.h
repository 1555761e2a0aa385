#pragma once

#include <memory>
#include <vector>

#include "cornu/ir/kernel_program.h"
#include "cornu/ir/lowering.h"

namespace cornu::codegen {

// A kernel program, launched over one or more segments, as code for a target. Operands of the kernel: for each segment in turn
// those of the program that have memory, inputs first.
std::unique_ptr<ir::Kernel> make_kernel(std::shared_ptr<const ir::KernelProgram> program, std::vector<ir::Launch> segments,
                                        const Target& target);

}  // namespace cornu::codegen

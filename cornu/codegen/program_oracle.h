#pragma once

#include <cstddef>
#include <vector>

#include "cornu/ir/kernel_program.h"

namespace cornu::codegen {

// A kernel program evaluated one point at a time, as its definition reads: what the faster ways of running it are tested
// against. Floating-point sums and products are added in order, so they should be exact in what a test gives.
void evaluate_slowly(const ir::KernelProgram& program, const ir::Launch& launch, const std::vector<std::byte*>& operands);

}  // namespace cornu::codegen

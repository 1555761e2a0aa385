#pragma once

#include "cornu/plan/program.h"

namespace cornu::plan {

// Compiles the kernels of a card's program beside each other, where that has not been done before. Throws what the first that fails
// throws.
void compile_kernels(const Program& program);

}  // namespace cornu::plan

#pragma once

#include "cornu/ir/lowering.h"

namespace cornu::backend::cpu {

// A kernel of float32 arrays, run for float16 or bfloat16 ones: operands are widened in scratch, results rounded once.
// `operands` are the outer kernel's, inputs first.
std::unique_ptr<ir::Kernel> through_float32(std::unique_ptr<ir::Kernel> kernel, std::vector<ir::Spec> operands, int inputs);

// The node with float32 in place of 16-bit floats, for making that kernel.
ir::Value as_float32(const ir::Node& node);

}  // namespace cornu::backend::cpu

#pragma once

#include <span>
#include <vector>

#include "cornu/ir/node.h"

namespace cornu::autodiff {

// Reverse mode: sum over outputs of output_grad * d output / d wrt, one value a `wrt`; empty where no path of floating
// values leads from it to an output. An empty output gradient is zero. The result is built of ops, so it can be
// differentiated again. NotImplementedError names an op without a gradient rule that stands on such a path.
std::vector<ir::Value> gradients(std::span<const ir::Value> outputs, std::span<const ir::Value> output_grads,
                                 std::span<const ir::Value> wrt);

}  // namespace cornu::autodiff

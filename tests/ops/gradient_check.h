#pragma once

#include "tests/ops/evaluate.h"

namespace cornu::testing {

// The gradient of sum(results * weights), weights drawn once, equals central differences at `arguments`, for every float64
// parameter. Fails the running test where it does not. Integer results are left out.
void expect_finite_differences(const ir::Graph& graph, std::vector<Array> arguments);

}  // namespace cornu::testing

#pragma once

#include "tests/ops/evaluate.h"

namespace cornu::testing {

// The results of a graph whose only node beside leaves is one coarse op, computed by the first CPU lowering of its record;
// bodies in its attributes are computed by their references. `status` gets what a checking kernel found.
std::vector<Array> run_lowering(const ir::Graph& graph, std::vector<Array> arguments, int threads = 1,
                                ir::StatusWord* status = nullptr);

}  // namespace cornu::testing

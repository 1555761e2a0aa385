#pragma once

#include "tests/ops/evaluate.h"

namespace cornu::testing {

// The results of a graph whose only node beside leaves is one coarse op, computed by a lowering of its record, the first for the
// CPU if none is named; bodies in its attributes are computed by their references. `status` gets what a checking kernel found.
std::vector<Array> run_lowering(const ir::Lowering& lowering, const ir::Graph& graph, std::vector<Array> arguments,
                                int threads = 1, ir::StatusWord* status = nullptr);
std::vector<Array> run_lowering(const ir::Graph& graph, std::vector<Array> arguments, int threads = 1,
                                ir::StatusWord* status = nullptr);

}  // namespace cornu::testing

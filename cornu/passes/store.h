#pragma once

#include <vector>

#include "cornu/ir/group.h"

namespace cornu::passes {

// Chooses what each group writes to memory, and drops groups and members whose values nobody reads. Where `recompute`, a value that is
// computed point by point of memory that is there anyway, or of less memory, is computed again in each kernel that reads it: what a
// gradient needs of an activation, the wide cast of a narrow one. Groups stay in their order.
void choose_outputs(const ir::Graph& graph, std::vector<ir::Group>& groups, bool recompute);

}  // namespace cornu::passes

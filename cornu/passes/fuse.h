#pragma once

#include <memory>
#include <vector>

#include "cornu/ir/group.h"

namespace cornu::passes {

// Cuts a graph into groups, each of which becomes one kernel; returned in an order in which they can run. Views belong to no
// group: they are how a group walks through its operands.
// `fuse` false: every op is a group of its own.
std::vector<ir::Group> fuse(const ir::Graph& graph, const Target& target, bool fuse = true);

}  // namespace cornu::passes

#pragma once

#include <vector>

#include "cornu/device/check.h"

namespace cornu::cuda {

// Whether cards do what they should: a kernel that is compiled, launched and compared with the host, what a launch costs, how fast
// copies are. Each card is tried in a process of its own, so that one that hangs or dies harms nobody; this process needs not to have
// initialised the driver, and must not have.
std::vector<devices::Check> try_cards(int cards);

}  // namespace cornu::cuda

#pragma once

#include <vector>

#include "cornu/device/check.h"

namespace cornu::cuda {

// A line for each library that work on a GPU needs or can use, with its version and path. Opens them all.
std::vector<devices::Check> library_checks();

}  // namespace cornu::cuda

#pragma once

#include <string>

#include "cornu/backend/cuda/packages/table.h"

namespace cornu::cuda::packages {

// Has `python3 -m pip` fetch a package's wheel into a folder: pip knows its index, proxy and credentials. Its progress goes to stderr.
// FileError: no pip, or it failed; ends in its last words.
void fetch(const Package& package, const std::string& folder);

}  // namespace cornu::cuda::packages

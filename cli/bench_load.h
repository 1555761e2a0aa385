#pragma once

#include "cornu/base/json.h"

namespace cornu::cli {

// The workload `load`: a .keras of 100 MB is loaded, beside a mere reading and checksumming of its bytes.
Json measure_load();

}  // namespace cornu::cli

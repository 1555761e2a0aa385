#pragma once

#include <string>
#include <vector>

#include "cornu/base/timeline.h"

namespace cornu::cli {

// In Chrome's trace format: chrome://tracing and ui.perfetto.dev show it.
std::string trace_json(const std::vector<timeline::Event>& events);

}  // namespace cornu::cli

#pragma once

#include <memory>

namespace cornu::cuda {

// While it lives, kernels, copies and fills of all cards are noted; at its end, which wants their work to be done, they go to the
// timeline. Empty without CUPTI, which is said once. Traces may overlap.
std::shared_ptr<void> trace_cards();

}  // namespace cornu::cuda

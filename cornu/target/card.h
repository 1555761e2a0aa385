#pragma once

#include <string>

#include "cornu/target/target.h"

namespace cornu::target {

// "cuda-sm90-...": every property that decides what fits the card, in the order of the table that reads card files.
std::string card_fingerprint(const CudaProperties& card);

}  // namespace cornu::target

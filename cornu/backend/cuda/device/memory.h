#pragma once

#include <memory>

#include "cornu/backend/cuda/device/gpu.h"
#include "cornu/device/memory_source.h"

namespace cornu::cuda {

// A card's own memory: mapped to addresses piece by piece where the driver can, else block by block.
std::unique_ptr<devices::MemorySource> card_memory(const Gpu& gpu);

// Page-locked memory of the host: a copy from or to it runs beside everything else. It is made slowly (2 MiB take half a
// millisecond), so that it too belongs behind an allocator.
std::unique_ptr<devices::MemorySource> pinned_memory(const Gpu& gpu);

}  // namespace cornu::cuda

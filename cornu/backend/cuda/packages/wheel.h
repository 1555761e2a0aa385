#pragma once

#include <filesystem>

#include "cornu/backend/cuda/packages/table.h"

namespace cornu::cuda::packages {

// FileError unless the file is the one that the table means.
void check_wheel(const std::filesystem::path& wheel, const Package& package);

// Writes the wheel's shared libraries into a folder, synced to the disk. Returns the bytes. FileError: no wheel of NVIDIA's, or the disk
// is full.
int64_t unpack_libraries(const std::filesystem::path& wheel, const std::filesystem::path& folder);

}  // namespace cornu::cuda::packages

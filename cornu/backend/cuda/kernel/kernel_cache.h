#pragma once

#include <string>

#include "cornu/backend/cuda/kernel/disk_cache.h"

namespace cornu::cuda {

// Compiled kernels on disk, so that a text is compiled once a machine.
class KernelCache {
 public:
  explicit KernelCache(std::filesystem::path folder, int64_t most_bytes = DiskCache::kMostBytes)
      : disk_(std::move(folder), ".cubin", most_bytes) {}
  // The user's (DiskCache::user_folder), in "kernels".
  static const KernelCache& of_user();

  // The cubin of a text for an architecture (90 is sm_90), by this version of NVRTC. DeviceError, CompileError as `compile`.
  std::string cubin(const std::string& text, int architecture) const;

 private:
  const DiskCache disk_;
};

}  // namespace cornu::cuda

#include "cornu/backend/cuda/kernel/kernel_cache.h"

#include <fmt/format.h>

#include "cornu/backend/cuda/kernel/kernel.h"
#include "cornu/backend/cuda/library/nvrtc.h"

namespace cornu::cuda {

const KernelCache& KernelCache::of_user() {
  static const auto* cache = new KernelCache(DiskCache::user_folder("kernels"));
  return *cache;
}

std::string KernelCache::cubin(const std::string& text, int architecture) const {
  int major = 0, minor = 0;
  need<Nvrtc>().nvrtcVersion(&major, &minor);
  const std::string key = fmt::format("nvrtc {}.{} sm_{} {}\n{}", major, minor, architecture, kCompileOptions, text);
  if (auto kept = disk_.find(key)) return std::move(*kept);
  std::string cubin = compile(text, architecture);
  disk_.keep(key, cubin);
  return cubin;
}

}  // namespace cornu::cuda

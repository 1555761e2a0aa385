#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace cornu::cuda {

// Compiled kernels on disk, so that a text is compiled once a machine. Files appear whole and carry the SHA-256 of what is in them, so
// that several processes may share the folder and a damaged file is compiled anew. A folder that cannot be written is no error.
class KernelCache {
 public:
  static constexpr int64_t kMostBytes = int64_t{256} << 20;

  explicit KernelCache(std::filesystem::path folder, int64_t most_bytes = kMostBytes)
      : folder_(std::move(folder)), most_bytes_(most_bytes) {}
  // $CORNU_CACHE_DIR/kernels, else $XDG_CACHE_HOME/cornu/kernels, else ~/.cache/cornu/kernels; empty if none of these is set, and then
  // nothing is kept.
  static const KernelCache& of_user();

  // The cubin of a text for an architecture (90 is sm_90), by this version of NVRTC. DeviceError, CompileError as `compile`.
  std::string cubin(const std::string& text, int architecture) const;

 private:
  std::filesystem::path file_of(const std::string& text, int architecture) const;
  void keep(const std::filesystem::path& file, const std::string& cubin) const;
  void drop_oldest() const;

  const std::filesystem::path folder_;
  const int64_t most_bytes_;
};

}  // namespace cornu::cuda

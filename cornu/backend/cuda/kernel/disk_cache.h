#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace cornu::cuda {

// What takes long to make, on disk, so that it is made once a machine. Files appear whole and carry the SHA-256 of what is in them, so
// that several processes may share the folder and a damaged file is as good as none. A folder that cannot be written is no error.
class DiskCache {
 public:
  static constexpr int64_t kMostBytes = int64_t{256} << 20;

  // Its files are those of this ending. Without a folder nothing is kept.
  DiskCache(std::filesystem::path folder, std::string ending, int64_t most_bytes = kMostBytes)
      : folder_(std::move(folder)), ending_(std::move(ending)), most_bytes_(most_bytes) {}
  // $CORNU_CACHE_DIR/NAME, else $XDG_CACHE_HOME/cornu/NAME, else ~/.cache/cornu/NAME; empty if none of these is set.
  static std::filesystem::path user_folder(const char* name);

  // The key is all that the content depends on.
  std::optional<std::string> find(std::string_view key) const;
  void keep(std::string_view key, std::string_view content) const;

 private:
  std::filesystem::path file_of(std::string_view key) const;
  void drop_oldest() const;

  const std::filesystem::path folder_;
  const std::string ending_;
  const int64_t most_bytes_;
};

}  // namespace cornu::cuda

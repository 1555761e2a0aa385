#include "cornu/backend/cuda/kernel/disk_cache.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <span>
#include <vector>

#include "cornu/base/environment.h"
#include "cornu/base/errors.h"
#include "cornu/base/log.h"
#include "cornu/io/file.h"
#include "cornu/io/sha256.h"

namespace cornu::cuda {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDigest = 64;  // letters of a SHA-256, in front of the content

std::string sha256_of(std::string_view text) { return io::sha256_of(std::as_bytes(std::span(text))); }

// What the file holds, if it is whole.
std::optional<std::string> read(const fs::path& file) {
  std::error_code none;
  if (!fs::exists(file, none)) return std::nullopt;
  try {
    const io::FileBytes bytes = io::map_file(file.string());
    const std::string_view text(reinterpret_cast<const char*>(bytes.data.get()), bytes.size);
    if (text.size() <= kDigest || sha256_of(text.substr(kDigest)) != text.substr(0, kDigest)) return std::nullopt;
    return std::string(text.substr(kDigest));
  } catch (const FileError&) {
    return std::nullopt;
  }
}

}  // namespace

fs::path DiskCache::user_folder(const char* name) {
  const std::string own = environment("CORNU_CACHE_DIR").value_or(""), cache = environment("XDG_CACHE_HOME").value_or(""),
                    home = environment("HOME").value_or("");
  if (!own.empty()) return fs::path(own) / name;
  if (!cache.empty()) return fs::path(cache) / "cornu" / name;
  return home.empty() ? fs::path() : fs::path(home) / ".cache/cornu" / name;
}

fs::path DiskCache::file_of(std::string_view key) const { return folder_ / (sha256_of(key) + ending_); }

std::optional<std::string> DiskCache::find(std::string_view key) const {
  if (folder_.empty()) return std::nullopt;
  const fs::path file = file_of(key);
  auto kept = read(file);
  if (kept) ::utimensat(AT_FDCWD, file.c_str(), nullptr, 0);  // it was used now
  return kept;
}

void DiskCache::keep(std::string_view key, std::string_view content) const {
  if (folder_.empty()) return;
  try {
    fs::create_directories(folder_);
    const std::string whole = sha256_of(content) + std::string(content);
    io::write_file_atomically(file_of(key).string(), std::as_bytes(std::span(whole)));
    drop_oldest();
  } catch (const std::exception& e) {
    log::debug("nothing is kept in the cache: {}", e.what());
  }
}

// Another process may drop the same files.
void DiskCache::drop_oldest() const {
  struct Kept {
    fs::path path;
    int64_t bytes;
    fs::file_time_type used;
  };
  std::vector<Kept> all;
  int64_t bytes = 0;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder_, none)) {
    if (entry.path().extension() != ending_) continue;
    const auto size = entry.file_size(none);
    if (none) continue;
    all.push_back({entry.path(), static_cast<int64_t>(size), entry.last_write_time(none)});
    bytes += all.back().bytes;
  }
  std::ranges::sort(all, {}, &Kept::used);
  for (auto oldest = all.begin(); bytes > most_bytes_ && oldest != all.end(); ++oldest) {
    fs::remove(oldest->path, none);
    bytes -= oldest->bytes;
  }
}

}  // namespace cornu::cuda

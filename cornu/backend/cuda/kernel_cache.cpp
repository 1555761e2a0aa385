#include "cornu/backend/cuda/kernel_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "cornu/backend/cuda/kernel.h"
#include "cornu/backend/cuda/nvrtc.h"
#include "cornu/base/environment.h"
#include "cornu/base/log.h"
#include "cornu/io/file.h"
#include "cornu/io/sha256.h"

namespace cornu::cuda {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEnding = ".cubin";
constexpr std::size_t kDigest = 64;  // letters of a SHA-256, in front of the cubin

std::string sha256_of(std::string_view text) { return io::sha256_of(std::as_bytes(std::span(text))); }

fs::path user_folder() {
  const std::string own = environment("CORNU_CACHE_DIR").value_or(""), cache = environment("XDG_CACHE_HOME").value_or(""),
                    home = environment("HOME").value_or("");
  if (!own.empty()) return fs::path(own) / "kernels";
  if (!cache.empty()) return fs::path(cache) / "cornu/kernels";
  return home.empty() ? fs::path() : fs::path(home) / ".cache/cornu/kernels";
}

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

const KernelCache& KernelCache::of_user() {
  static const auto* cache = new KernelCache(user_folder());
  return *cache;
}

fs::path KernelCache::file_of(const std::string& text, int architecture) const {
  int major = 0, minor = 0;
  need<Nvrtc>().nvrtcVersion(&major, &minor);
  return folder_ /
         (sha256_of(fmt::format("nvrtc {}.{} sm_{} {}\n{}", major, minor, architecture, kCompileOptions, text)) + kEnding);
}

std::string KernelCache::cubin(const std::string& text, int architecture) const {
  if (folder_.empty()) return compile(text, architecture);
  const fs::path file = file_of(text, architecture);
  if (auto kept = read(file)) {
    ::utimensat(AT_FDCWD, file.c_str(), nullptr, 0);  // it was used now
    return std::move(*kept);
  }
  std::string cubin = compile(text, architecture);
  keep(file, cubin);
  return cubin;
}

void KernelCache::keep(const fs::path& file, const std::string& cubin) const {
  try {
    fs::create_directories(folder_);
    const std::string whole = sha256_of(cubin) + cubin;
    io::write_file_atomically(file.string(), std::as_bytes(std::span(whole)));
    drop_oldest();
  } catch (const std::exception& e) {
    log::debug("a compiled kernel is not kept: {}", e.what());
  }
}

// Another process may drop the same files.
void KernelCache::drop_oldest() const {
  struct Kept {
    fs::path path;
    int64_t bytes;
    fs::file_time_type used;
  };
  std::vector<Kept> all;
  int64_t bytes = 0;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder_, none)) {
    if (entry.path().extension() != kEnding) continue;
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

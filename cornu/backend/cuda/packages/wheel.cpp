#include "cornu/backend/cuda/packages/wheel.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "cornu/base/errors.h"
#include "cornu/io/file.h"
#include "cornu/io/sha256.h"
#include "cornu/io/zip.h"

namespace cornu::cuda::packages {
namespace {

namespace fs = std::filesystem;

// "nvidia/cudnn/lib/libcudnn.so.9" and "nvidia/cu13/lib/libnvrtc.so.13".
bool is_library(const std::string& name) {
  const fs::path path(name);
  return name.starts_with("nvidia/") && path.parent_path().filename() == "lib" &&
         path.filename().string().find(".so") != std::string::npos;
}

// A new file of a size whose place on the disk is taken at once, mapped so that it is written as it is unpacked.
class NewFile {
 public:
  NewFile(const fs::path& path, std::size_t bytes) : path_(path), bytes_(bytes) {
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    if (descriptor_ < 0) fail(errno);
    if (bytes == 0) return;
    if (const int failure = ::posix_fallocate(descriptor_, 0, static_cast<off_t>(bytes))) fail(failure);
    map_ = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
    if (map_ == MAP_FAILED) fail(errno);
  }
  ~NewFile() {
    if (map_ != MAP_FAILED) ::munmap(map_, bytes_);
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  std::span<std::byte> bytes() const { return {bytes_ == 0 ? nullptr : static_cast<std::byte*>(map_), bytes_}; }
  void sync() const {
    if (bytes_ > 0 && ::msync(map_, bytes_, MS_SYNC) != 0) fail(errno);
    if (::fsync(descriptor_) != 0) fail(errno);
  }

 private:
  [[noreturn]] void fail(int failure) const {
    if (descriptor_ >= 0) ::close(descriptor_);
    throw error<FileError>("Cannot write '{}': {}.", path_.string(), ::strerror(failure));
  }

  const fs::path path_;
  const std::size_t bytes_;
  int descriptor_ = -1;
  void* map_ = MAP_FAILED;
};

}  // namespace

void check_wheel(const fs::path& wheel, const Package& package) {
  const std::string found = io::sha256_of(io::map_file(wheel.string()).span());
  if (found == package.sha256) return;
  throw error<FileError>(
      "'{}' is not the wheel of {} {} that Cornu knows: its SHA-256 is {}, expected {}. Nothing of it was used; fetch it again.",
      wheel.string(), package.name, package.version, found, package.sha256);
}

int64_t unpack_libraries(const fs::path& wheel, const fs::path& folder) {
  const io::ZipReader zip(wheel.string());
  int64_t bytes = 0;
  for (const std::string& name : zip.names()) {
    if (!is_library(name)) continue;
    const NewFile file(folder / fs::path(name).filename(), zip.size(name));
    zip.read_into(name, file.bytes());
    file.sync();
    bytes += static_cast<int64_t>(zip.size(name));
  }
  if (bytes == 0) throw error<FileError>("'{}' holds no library of NVIDIA's: it is no wheel of a CUDA package.", wheel.string());
  return bytes;
}

}  // namespace cornu::cuda::packages

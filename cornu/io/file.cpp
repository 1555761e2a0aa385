#include "cornu/io/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <vector>

#include "cornu/io/host_array.h"
#include "cornu/io/live_temporaries.h"

namespace cornu::io {
namespace {

FileError system_error(const char* verb, const std::string& path) {
  return error<FileError>("Cannot {} '{}': {}.", verb, path, std::strerror(errno));
}

struct Descriptor {
  int value;
  ~Descriptor() {
    if (value >= 0) ::close(value);
  }
};

FileBytes read_stream(int descriptor, const std::string& path) {
  std::vector<std::byte> all;
  constexpr size_t kStep = 1 << 20;
  for (;;) {
    const size_t have = all.size();
    all.resize(have + kStep);
    const ssize_t got = ::read(descriptor, all.data() + have, kStep);
    if (got < 0 && errno != EINTR) throw system_error("read", path);
    all.resize(have + static_cast<size_t>(got > 0 ? got : 0));
    if (got == 0) break;
  }
  auto owner = std::make_shared<std::vector<std::byte>>(std::move(all));
  return {path, {owner, owner->data()}, owner->size()};
}

void sync_folder(const std::filesystem::path& folder) {
  // Some file systems refuse to sync a folder; the rename itself has already succeeded.
  const Descriptor descriptor{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (descriptor.value >= 0) ::fsync(descriptor.value);
}

std::filesystem::path folder_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent;
}

}  // namespace

FileBytes map_file(const std::string& path) {
  const Descriptor descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (descriptor.value < 0) throw system_error("open", path);
  struct stat status;
  if (::fstat(descriptor.value, &status) != 0) throw system_error("open", path);
  if (S_ISDIR(status.st_mode)) throw error<FileError>("Cannot open '{}': it is a folder.", path);
  const auto size = static_cast<size_t>(status.st_size);
  if (!S_ISREG(status.st_mode) || size == 0) return read_stream(descriptor.value, path);
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor.value, 0);
  if (mapped == MAP_FAILED) throw system_error("map", path);
  ::madvise(mapped, size, MADV_WILLNEED);
  auto unmap = [size](const std::byte* p) { ::munmap(const_cast<std::byte*>(p), size); };
  return {path, std::shared_ptr<const std::byte>(static_cast<const std::byte*>(mapped), unmap), size};
}

AtomicFile::AtomicFile(const std::string& path) : path_(path), target_(path) {
  if (char* real = ::realpath(path.c_str(), nullptr)) {
    target_ = real;
    std::free(real);
  }
  struct stat old;
  const bool exists = ::stat(target_.c_str(), &old) == 0;
  if (exists && !S_ISREG(old.st_mode)) throw error<FileError>("Cannot write '{}': it is not a regular file.", path_);
  static std::atomic<unsigned> counter = 0;
  do {
    forget_temporary(slot_);
    temporary_ = fmt::format("{}.{}-{}.tmp", target_, ::getpid(), counter++);
    slot_ = remember_temporary(temporary_);  // first, for a signal may come in between
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (descriptor_ < 0 && errno == EEXIST);
  if (descriptor_ < 0) {
    const FileError refused = system_error("write", path_);
    forget_temporary(slot_);
    if (const auto folder = folder_of(target_); !std::filesystem::exists(folder))
      throw error<FileError>("Cannot write '{}': there is no folder '{}'. Make it first, or give another path.", path_,
                             folder.string());
    throw refused;
  }
  if (exists) (void)!::fchmod(descriptor_, old.st_mode & 07777);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  forget_temporary(slot_);
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(position_));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) throw system_error("write", path_);
    position_ += static_cast<uint64_t>(put);
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
}

void AtomicFile::commit() {
  CORNU_CHECK(descriptor_ >= 0, "a second commit of '{}'.", path_);
  if (::fsync(descriptor_) != 0) throw system_error("write", path_);
  const int closed = ::close(std::exchange(descriptor_, -1));
  if (closed != 0 || ::rename(temporary_.c_str(), target_.c_str()) != 0) throw system_error("write", path_);
  temporary_.clear();
  forget_temporary(std::exchange(slot_, -1));
  sync_folder(folder_of(target_));
}

void write_file_atomically(const std::string& path, const std::function<void(AtomicFile&)>& writer) {
  AtomicFile file(path);
  writer(file);
  file.commit();
}

void write_file_atomically(const std::string& path, std::span<const std::byte> bytes) {
  write_file_atomically(path, [&](AtomicFile& file) { file.write(bytes); });
}

}  // namespace cornu::io

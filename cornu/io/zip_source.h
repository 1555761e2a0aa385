#pragma once

#include <zip.h>

#include <exception>
#include <memory>
#include <vector>

#include "cornu/io/file.h"

namespace cornu::io {

struct DiscardArchive {
  void operator()(zip_t* archive) const { ::zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, DiscardArchive>;

// Lets libzip read `bytes` and notes where it last read: that place is how a stored member is found in a mapping,
// because libzip does not tell it otherwise.
class ZipInput {
 public:
  explicit ZipInput(std::span<const std::byte> bytes) : bytes_(bytes) {}
  uint64_t last_read() const { return last_read_; }
  zip_int64_t answer(void* data, zip_uint64_t length, zip_source_cmd_t command);

 private:
  std::span<const std::byte> bytes_;
  uint64_t position_ = 0, last_read_ = 0;
  zip_error_t error_{};
};

// Lets libzip write into an AtomicFile. An exception of the file is kept for the caller: none may cross libzip's C.
class ZipOutput {
 public:
  explicit ZipOutput(AtomicFile& file) : file_(file) {}
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }
  zip_int64_t answer(void* data, zip_uint64_t length, zip_source_cmd_t command);

 private:
  bool write(std::span<const std::byte> bytes);
  bool flush();

  AtomicFile& file_;
  std::exception_ptr failure_;
  std::vector<std::byte> buffer_;  // libzip writes in small pieces
  uint64_t end_ = 0;               // the farthest place written so far
  zip_error_t error_{};
};

// Opens an archive on either; the object must outlive it. `what` is the file's name for errors.
template <class Io>
Archive open_archive(Io& io, int flags, const std::string& what) {
  zip_error_t error;
  ::zip_error_init(&error);
  const auto answer = [](void* state, void* data, zip_uint64_t length, zip_source_cmd_t command) {
    return static_cast<Io*>(state)->answer(data, length, command);
  };
  zip_source_t* source = ::zip_source_function_create(answer, &io, &error);
  zip_t* archive = source ? ::zip_open_from_source(source, flags, &error) : nullptr;
  if (archive) return Archive(archive);
  const std::string text = ::zip_error_strerror(&error);
  ::zip_error_fini(&error);
  if (source) ::zip_source_free(source);
  throw file_error(what, "it is not a usable .zip archive ({})", text);
}

}  // namespace cornu::io

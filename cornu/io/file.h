#pragma once

#include <functional>
#include <span>
#include <string>

#include "cornu/base/api.h"
#include "cornu/io/bytes.h"

namespace cornu::io {

// Maps a regular file read-only (anything else, such as a pipe, is read to its end). FileError names the path.
CORNU_API FileBytes map_file(const std::string& path);

// A file that appears under its name whole or not at all: bytes go to a temporary in the same folder, commit() renames
// it over the old file. Without commit() the temporary is removed and the old file stays as it was.
class CORNU_API AtomicFile {
 public:
  explicit AtomicFile(const std::string& path);  // FileError, as every member may throw, names the path
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);  // at the position, which moves on
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  void seek(uint64_t position) { position_ = position; }
  uint64_t position() const { return position_; }
  void commit();

 private:
  std::string path_;    // as the user wrote it
  std::string target_;  // behind symbolic links
  std::string temporary_;
  int slot_ = -1;  // in the table of live temporaries
  int descriptor_ = -1;
  uint64_t position_ = 0;
};

// `writer` fills the file; if it throws, nothing has changed.
CORNU_API void write_file_atomically(const std::string& path, const std::function<void(AtomicFile&)>& writer);
CORNU_API void write_file_atomically(const std::string& path, std::span<const std::byte> bytes);

// Removes the temporaries of every AtomicFile alive in this process. Safe to call in a signal handler before the
// process ends; runs by itself at exit.
CORNU_API void remove_temporaries() noexcept;

}  // namespace cornu::io

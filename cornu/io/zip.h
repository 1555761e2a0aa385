#pragma once

#include <map>
#include <string>
#include <vector>

#include "cornu/io/bytes.h"

namespace cornu::io {

// A .zip in memory or mapped: its directory is read and checked at once, members when asked for. Refused with
// FileError: a damaged directory, two members of one name, a name that would leave the folder it is unpacked into, an
// encrypted member or one compressed otherwise than by DEFLATE, and sizes that the file cannot hold.
class CORNU_API ZipReader {
 public:
  explicit ZipReader(const FileBytes& file);
  explicit ZipReader(const std::string& path);

  std::vector<std::string> names() const;  // sorted; folders are left out
  bool contains(const std::string& name) const { return members_.contains(name); }
  size_t size(const std::string& name) const { return member(name).size; }
  // The member's bytes; its CRC is checked. A stored member is not copied: it lies where it lies in the file.
  FileBytes read(const std::string& name) const;
  // The same into memory of exactly the member's size.
  void read_into(const std::string& name, std::span<std::byte> to) const;

 private:
  struct Member {
    uint64_t offset = 0;  // of the bytes in the file
    uint64_t packed = 0, size = 0;
    uint32_t crc = 0;
    bool deflated = false;
  };
  const Member& member(const std::string& name) const;
  static void check_crc(const Member& from, const FileBytes& bytes);

  FileBytes file_;
  std::map<std::string, Member, std::less<>> members_;
};

struct ZipMember {
  std::string name;
  FileBytes content;
};

// Writes the members in their order, stored, dated 1980-01-01 as Python's zipfile dates what Keras writes: equal
// contents give equal files. The file appears whole or not at all. FileError as from AtomicFile.
CORNU_API void write_zip(const std::string& path, const std::vector<ZipMember>& members);

}  // namespace cornu::io

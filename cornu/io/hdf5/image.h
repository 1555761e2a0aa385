#pragma once

#include <string>
#include <string_view>

#include "cornu/io/bytes.h"

namespace cornu::io::hdf5 {

// The file format: "HDF5 File Format Specification Version 3.0", The HDF Group.

inline constexpr uint64_t kUndefined = ~uint64_t{0};  // an address of nothing
inline constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n";

class Cursor;

// The bytes of an HDF5 file and what its superblock says of them. Addresses are relative to `base`.
struct Image {
  FileBytes file;
  uint64_t base = 0;
  int address_width = 8, length_width = 8;
  uint64_t root = kUndefined;  // the root group's object header

  // What stands at an address: `size` bytes, or all up to the end of the file. `what` is its name for errors.
  Cursor at(uint64_t address, const char* what) const;
  Cursor at(uint64_t address, uint64_t size, const char* what) const;

  template <class... Args>
  FileError damaged(fmt::format_string<Args...> text, Args&&... args) const {
    return file_error(file.name, "its HDF5 structure is damaged: {}", fmt::format(text, std::forward<Args>(args)...));
  }
  template <class... Args>
  FileError unsupported(fmt::format_string<Args...> text, Args&&... args) const {
    return file_error(file.name, "{} is not supported", fmt::format(text, std::forward<Args>(args)...));
  }
};

// FileError if the bytes do not begin as HDF5.
Image read_superblock(const FileBytes& file);

// Reads little-endian fields one after the other; FileError before it would pass the end of its bytes.
class Cursor {
 public:
  Cursor(const Image& image, std::span<const std::byte> bytes, const char* what) : image_(&image), rest_(bytes), what_(what) {}

  uint64_t number(int width);
  uint8_t u8() { return static_cast<uint8_t>(number(1)); }
  uint16_t u16() { return static_cast<uint16_t>(number(2)); }
  uint32_t u32() { return static_cast<uint32_t>(number(4)); }
  uint64_t address();  // kUndefined if all its bits are set
  uint64_t length() { return number(image_->length_width); }

  std::span<const std::byte> take(uint64_t count);
  void skip(uint64_t count) { take(count); }
  Cursor part(uint64_t count) { return {*image_, take(count), what_}; }
  std::string_view text_until_nul();  // without the NUL, which is passed
  void expect(std::string_view signature);

  size_t left() const { return rest_.size(); }
  std::span<const std::byte> rest() const { return rest_; }
  const Image& image() const { return *image_; }
  const char* what() const { return what_; }

 private:
  const Image* image_;
  std::span<const std::byte> rest_;
  const char* what_;
};

// Bounds the work of one operation by the size of the file: whatever cycle a damaged file contains, walking it ends.
class Budget {
 public:
  explicit Budget(const Image& image) : image_(image), left_(2 * image.file.size + 65536) {}
  void spend(uint64_t bytes) {
    if (bytes > left_) throw image_.damaged("its parts refer to one another in a circle");
    left_ -= bytes;
  }

 private:
  const Image& image_;
  uint64_t left_;
};

}  // namespace cornu::io::hdf5

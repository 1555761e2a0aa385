#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "cornu/base/api.h"
#include "cornu/base/errors.h"

namespace cornu::io {

// The bytes of a file or of a part of one (an archive's member), shared and immutable. `name` is what errors call it.
struct FileBytes {
  std::string name;
  std::shared_ptr<const std::byte> data;
  size_t size = 0;

  std::span<const std::byte> span() const { return {data.get(), size}; }
};

// throw file_error(name, "the header ends after {} bytes", n): "Cannot read 'name': the header ends ...".
template <class... Args>
FileError file_error(const std::string& name, fmt::format_string<Args...> text, Args&&... args) {
  return error<FileError>("Cannot read '{}': {}.", name, fmt::format(text, std::forward<Args>(args)...));
}

template <std::integral T>
T load(const std::byte* at, std::endian order) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  if (order == std::endian::native || sizeof(T) == 1) return value;
  if constexpr (sizeof(T) == 2) return static_cast<T>(__builtin_bswap16(static_cast<uint16_t>(value)));
  if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(static_cast<uint32_t>(value)));
  if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(static_cast<uint64_t>(value)));
  return value;
}

// Copies elements of 1, 2, 4 or 8 bytes and reverses the bytes of each.
CORNU_API void copy_swapped(std::byte* to, const std::byte* from, size_t elements, int element_size);

}  // namespace cornu::io

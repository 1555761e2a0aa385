#pragma once

#include "cornu/io/bytes.h"

namespace cornu::io {

// DEFLATE cannot expand a byte to more than this; what declares more is not to be believed.
inline constexpr uint64_t kLargestInflation = 1032;
constexpr uint64_t largest_inflated(uint64_t compressed) { return compressed * kLargestInflation + 64; }

inline constexpr size_t kInflateLimit = size_t{4} << 30;

CORNU_API bool is_gzip(std::span<const std::byte> bytes);
// All members of a gzip file. FileError if the bytes are damaged or give more than `limit` bytes.
CORNU_API FileBytes gunzip(const FileBytes& compressed, size_t limit = kInflateLimit);

// A zlib stream that must give exactly `to.size()` bytes; false if it does not.
bool inflate_zlib(std::span<const std::byte> from, std::span<std::byte> to);
// The same without zlib's header and check sum, as in a .zip.
bool inflate_raw(std::span<const std::byte> from, std::span<std::byte> to);

}  // namespace cornu::io

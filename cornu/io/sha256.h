#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace cornu::io {

// Hexadecimal, in small letters.
std::string sha256_of(std::span<const std::byte> bytes);

}  // namespace cornu::io

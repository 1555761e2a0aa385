#pragma once

#include <string>

#include "cornu/io/bytes.h"
#include "cornu/io/host_array.h"

namespace cornu::io {

// Whether the bytes begin as an IDX file: two zeros, a known type, at least one axis.
bool is_idx(std::span<const std::byte> bytes);

// IDX, the format of MNIST's files (big-endian), plain or gzipped. FileError if the size is not what the header says.
CORNU_API HostArray read_idx(const FileBytes& file);
CORNU_API HostArray read_idx(const std::string& path);

}  // namespace cornu::io

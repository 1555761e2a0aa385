#pragma once

#include <optional>

#include "cornu/io/bytes.h"
#include "cornu/io/host_array.h"

namespace cornu::io {

// Bytes of `shape`'s elements, if these can exist: no dim is negative and nothing overflows.
std::optional<uint64_t> byte_size(std::span<const int64_t> dims, int element_size);

// The elements at `offset` of `file`, which must hold them: not copied where they are aligned and in this machine's
// byte order. bool is brought to 0 and 1.
HostArray array_from(const FileBytes& file, size_t offset, DType dtype, Shape shape, bool swapped);

// A row-major copy of an array whose elements lie in column-major (Fortran's) order.
HostArray from_fortran_order(const HostArray& array);

// Anything but 0 becomes 1: any other byte is undefined behaviour in a C++ bool.
void normalize_bools(std::span<std::byte> bytes);

}  // namespace cornu::io

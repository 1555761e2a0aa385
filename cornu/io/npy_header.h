#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cornu/base/dtype.h"
#include "cornu/io/bytes.h"

namespace cornu::io {

struct NpyHeader {
  std::string descr;  // "<f4"
  bool fortran_order = false;
  std::vector<int64_t> shape;
  size_t data_offset = 0;
};

// The magic, the version and the Python dict of a .npy; FileError if they are not as NumPy writes them.
NpyHeader parse_npy_header(const FileBytes& file);

struct NpyType {
  DType dtype;
  bool swapped = false;  // in the other byte order than this machine's
};
// "<f4" -> float32; empty for what is not one of our dtypes.
std::optional<NpyType> npy_type(const std::string& descr);
std::string npy_descr(DType dtype);

}  // namespace cornu::io

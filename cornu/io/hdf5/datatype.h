#pragma once

#include <string>
#include <vector>

#include "cornu/base/dtype.h"
#include "cornu/io/hdf5/image.h"

namespace cornu::io::hdf5 {

struct Datatype {
  enum class Kind { number, fixed_string, variable_string, opaque, unsupported };
  Kind kind = Kind::unsupported;
  uint32_t size = 0;  // bytes of an element in the file, at least 1
  DType dtype;        // of a number
  bool swapped = false;
  bool space_padded = false;  // a fixed string's end is filled with spaces, not NULs
  std::string name;           // for errors
};

Datatype parse_datatype(Cursor at);

struct Dataspace {
  bool null = false;                    // no elements, not even an empty array
  std::vector<int64_t> dims, max_dims;  // a max dim of -1 is unlimited
};

Dataspace parse_dataspace(Cursor at);

}  // namespace cornu::io::hdf5

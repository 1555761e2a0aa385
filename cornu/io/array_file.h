#pragma once

#include <string>

#include "cornu/io/npz.h"

namespace cornu::io {

// The arrays of a data file: .npz by their names; .npy, IDX and .csv hold one, called "0" as the first of a list. The
// content decides, not the name (only .csv goes by its name); all may be gzipped. FileError names the accepted formats.
CORNU_API NamedArrays read_array_file(const std::string& path);

}  // namespace cornu::io

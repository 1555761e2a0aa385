#pragma once

#include <string>

#include "cornu/io/bytes.h"
#include "cornu/io/host_array.h"

namespace cornu::io {

// NumPy's .npy, versions 1 to 3, every dtype of ours, either byte order, either element order. An aligned array in this
// machine's order is not copied. bfloat16 is stored as ml_dtypes stores it: '<V2'. FileError for anything else:
// strings, structures, complex numbers, and pickled Python objects, which are never run.
CORNU_API HostArray read_npy(const FileBytes& file);
CORNU_API HostArray read_npy(const std::string& path);

// The file's bytes before the elements, as NumPy writes them: padded so that the elements start at a multiple of 64.
std::string npy_header(const HostArray& array);

CORNU_API void write_npy(const std::string& path, const HostArray& array);

}  // namespace cornu::io

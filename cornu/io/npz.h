#pragma once

#include <map>
#include <string>

#include "cornu/io/bytes.h"
#include "cornu/io/host_array.h"

namespace cornu::io {

using NamedArrays = std::map<std::string, HostArray>;

// NumPy's .npz, stored or deflated: each member NAME.npy is the array NAME. Errors as from read_npy.
CORNU_API NamedArrays read_npz(const FileBytes& file);
CORNU_API NamedArrays read_npz(const std::string& path);

// As numpy.savez: stored, in the order of the names.
CORNU_API void write_npz(const std::string& path, const NamedArrays& arrays);

}  // namespace cornu::io

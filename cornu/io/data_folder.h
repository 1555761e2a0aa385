#pragma once

#include <filesystem>

#include "cornu/base/api.h"

namespace cornu::io {

// The data files that come with the library: $CORNU_DATA_DIR, else where they were installed, else (in a build tree) beside the library.
CORNU_API std::filesystem::path data_folder();

}  // namespace cornu::io

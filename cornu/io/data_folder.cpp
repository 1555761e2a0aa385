#include "cornu/io/data_folder.h"

#include <dlfcn.h>

#include "cornu/base/environment.h"
#include "cornu/base/errors.h"

namespace cornu::io {

namespace fs = std::filesystem;

fs::path data_folder() {
  if (const auto folder = environment("CORNU_DATA_DIR")) return *folder;
  static const char here = 0;
  Dl_info info{};
  if (!dladdr(&here, &info) || !info.dli_fname)
    throw FileError("Where the library lies is not known: name the folder of its data in CORNU_DATA_DIR.");
  const fs::path library = fs::absolute(info.dli_fname).parent_path(), installed = library / CORNU_DATA_FROM_LIBRARY;
  return fs::exists(installed) ? installed : library / "share/cornu";
}

}  // namespace cornu::io

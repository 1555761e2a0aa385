#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cornu/base/api.h"

// `cornu cuda install | list | remove`: NVIDIA's libraries in a folder of Cornu's own, without root and without a change outside of it.
// A package is the folder PREFIX/NAME-VERSION-cudaMAJOR; it appears whole or not at all, and versions stand side by side.
namespace cornu::cuda::packages {

// $XDG_DATA_HOME/cornu/cuda, else ~/.local/share/cornu/cuda.
CORNU_API std::filesystem::path default_prefix();

struct InstallArgs {
  std::filesystem::path prefix = default_prefix();
  std::vector<std::string> only;  // names; empty: all that are not optional
  std::optional<int> cuda;        // the major version; else the newest that the driver runs
  std::filesystem::path from;     // a folder of wheels; empty: pip fetches them
  std::string table;              // the file that says what is installed; empty: the library's own
  std::function<void(const std::string&)> say = [](const std::string&) {};  // a line of progress
};

struct Installed {
  std::string name;     // "cudnn"
  std::string version;  // "9.19.0.56"
  int cuda = 0;
  int64_t bytes = 0;
  std::filesystem::path folder;
};

// Returns what is installed now of what was asked for; what was there already is not fetched again. FileError, ValueError: nothing is
// left half done; packages that were finished before stay.
CORNU_API std::vector<Installed> install(const InstallArgs& args);
// By name, the newest version first.
CORNU_API std::vector<Installed> list(const std::filesystem::path& prefix);
// Removes the packages of these names, or all of them, and the prefix if nothing else is in it. ValueError: a name that is not there.
CORNU_API std::vector<Installed> remove(const std::filesystem::path& prefix, const std::vector<std::string>& names);

}  // namespace cornu::cuda::packages

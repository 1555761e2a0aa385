#include "cornu/backend/cuda/library.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <link.h>

#include <algorithm>

namespace cornu::cuda {
namespace {

namespace fs = std::filesystem;

// The folders in a folder whose names begin so, in order of their names.
std::vector<fs::path> children(const fs::path& folder, std::string_view beginning = "") {
  std::vector<fs::path> found;
  std::error_code none;
  for (fs::directory_iterator at(folder, none), end; !none && at != end; at.increment(none))
    if (std::error_code failed; at->is_directory(failed) && at->path().filename().string().starts_with(beginning))
      found.push_back(at->path());
  std::ranges::sort(found);
  return found;
}

class Folders {
 public:
  explicit Folders(const devices::Machine& machine) : machine_(machine) {}

  // Absolute paths in the environment are meant for this process, whatever the root.
  void add(const fs::path& folder) {
    std::error_code none;
    if (!folder.empty() && fs::is_directory(folder, none) && std::ranges::find(found_, folder.string()) == found_.end())
      found_.push_back(folder);
  }
  void add_toolkit(const fs::path& home) {
    if (home.empty()) return;
    add(home / "lib64");
    add(home / "lib");
    for (const fs::path& target : children(home / "targets")) add(target / "lib");
    add(home / "extras/CUPTI/lib64");
  }
  // The wheels of one environment: lib/python3.12/site-packages/nvidia/cudnn/lib.
  void add_wheels(const fs::path& environment) {
    for (const fs::path& python : children(environment / "lib", "python"))
      for (const char* packages : {"site-packages", "dist-packages"})
        for (const fs::path& wheel : children(python / packages / "nvidia")) add(wheel / "lib");
  }
  void add_own() {
    const fs::path home = variable("HOME"), data = variable("XDG_DATA_HOME");
    if (!data.empty()) add(data / "cornu/cuda");
    else if (!home.empty()) add(home / ".local/share/cornu/cuda");
  }
  void add_python() {
    if (const fs::path environment = variable("VIRTUAL_ENV"); !environment.empty()) add_wheels(environment);
    if (const fs::path home = variable("HOME"); !home.empty()) add_wheels(home / ".local");
    add_wheels(machine_.root / "usr/local");
    add_wheels(machine_.root / "usr");
  }
  fs::path variable(const char* name) const { return machine_.environment(name).value_or(""); }
  std::vector<std::string> take() { return std::move(found_); }

 private:
  const devices::Machine& machine_;
  std::vector<std::string> found_;
};

std::string resolved_path(void* handle, const std::string& asked) {
  link_map* map = nullptr;
  if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0 || !map || !map->l_name[0]) return asked;
  return map->l_name;
}

}  // namespace

std::vector<std::string> library_folders(const LibraryNames& names, const devices::Machine& machine) {
  Folders folders(machine);
  // A toolkit has no driver, only a stub of it to link with.
  if (!names.is_driver) {
    folders.add_toolkit(folders.variable("CUDA_HOME"));
    folders.add_toolkit(folders.variable("CUDA_PATH"));
    folders.add_python();
    folders.add_own();
    std::vector<fs::path> toolkits = children(machine.root / "usr/local", "cuda");
    for (const fs::path& toolkit : toolkits) folders.add_toolkit(toolkit);
  } else {
    for (const char* folder : {"usr/lib/wsl/lib", "usr/local/nvidia/lib64", "usr/lib64/nvidia"})
      folders.add(machine.root / folder);
  }
  return folders.take();
}

bool Library::try_path(const std::string& path) {
  handle_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle_) {
    const char* said = dlerror();
    attempts_.push_back({path, said ? said : "cannot be opened"});
    return false;
  }
  path_ = resolved_path(handle_, path);
  attempts_.push_back({path, "opened"});
  return true;
}

Library Library::open(const LibraryNames& names, const devices::Machine& machine) {
  Library library;
  const auto try_folder = [&](const std::string& folder) {
    return std::ranges::any_of(names.sonames, [&](const std::string& soname) {
      const std::string path = (fs::path(folder) / soname).string();
      std::error_code none;
      if (fs::exists(path, none)) return library.try_path(path);
      library.attempts_.push_back({path, "not found"});
      return false;
    });
  };
  const std::string chosen = machine.environment("CORNU_CUDA_LIB_DIR").value_or("");
  if (!chosen.empty() && try_folder(chosen)) return library;
  for (const std::string& soname : names.sonames)  // LD_LIBRARY_PATH, then what the system's loader knows
    if (library.try_path(soname)) return library;
  for (const std::string& folder : library_folders(names, machine))
    if (try_folder(folder)) return library;
  return library;
}

void* Library::find(const char* symbol) const { return handle_ ? dlsym(handle_, symbol) : nullptr; }

std::string Library::search_text() const {
  std::string text;
  for (const auto& [path, outcome] : attempts_) {
    // The loader begins with the name that was asked for.
    const std::string_view words = outcome.starts_with(path + ": ") ? std::string_view(outcome).substr(path.size() + 2) : outcome;
    text += fmt::format("  {}: {}\n", path, words);
  }
  return text;
}

}  // namespace cornu::cuda

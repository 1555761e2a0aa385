#include "cornu/backend/cuda/library/library.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <link.h>
#include <string.h>

#include <algorithm>
#include <sstream>

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
  // What `cornu cuda install` made: PREFIX/cudnn-9.19.0.56-cuda13/lib, the newest first.
  void add_own(int newest_cuda) {
    const fs::path home = variable("HOME"), data = variable("XDG_DATA_HOME");
    if (!data.empty()) add_packages(data / "cornu/cuda", newest_cuda);
    else if (!home.empty()) add_packages(home / ".local/share/cornu/cuda", newest_cuda);
  }
  void add_packages(const fs::path& prefix, int newest_cuda) {
    std::vector<fs::path> packages = children(prefix);
    std::erase_if(packages, [&](const fs::path& package) {
      const std::string name = package.filename();
      const auto at = name.rfind("-cuda");
      return at == name.npos || name.front() == '.' || (newest_cuda > 0 && std::atoi(name.c_str() + at + 5) > newest_cuda);
    });
    std::ranges::sort(packages, [](const fs::path& a, const fs::path& b) {
      return ::strverscmp(a.filename().c_str(), b.filename().c_str()) > 0;
    });
    for (const fs::path& package : packages) add(package / "lib");
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

std::vector<fs::path> listed_folders(const devices::Machine& machine, const char* variable) {
  std::vector<fs::path> folders;
  std::istringstream path(machine.environment(variable).value_or(""));
  for (std::string folder; std::getline(path, folder, ':');)
    if (!folder.empty()) folders.push_back(folder);
  return folders;
}

// Where the loader looks by itself.
std::vector<fs::path> loader_folders(const devices::Machine& machine) {
  std::vector<fs::path> folders = listed_folders(machine, "LD_LIBRARY_PATH");
  for (const char* folder : {"usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64", "usr/lib"})
    folders.push_back(machine.root / folder);
  return folders;
}

bool is_inside(const std::string& path, const fs::path& folder) {
  return !folder.empty() && path.starts_with((folder / "").string());
}

std::string owner(const std::string& path, const devices::Machine& machine) {
  const auto inside_of = [&](const char* variable) { return is_inside(path, machine.environment(variable).value_or("")); };
  if (inside_of("CORNU_CUDA_LIB_DIR")) return "CORNU_CUDA_LIB_DIR";
  if (std::ranges::any_of(listed_folders(machine, "LD_LIBRARY_PATH"),
                          [&](const fs::path& folder) { return is_inside(path, folder); }))
    return "LD_LIBRARY_PATH";
  if (path.find("/cornu/cuda/") != path.npos) return "cornu cuda install";
  if (path.find("-packages/nvidia/") != path.npos) return "a Python wheel";
  if (path.find("/envs/") != path.npos || path.find("conda") != path.npos) return "conda";
  if (inside_of("CUDA_HOME") || inside_of("CUDA_PATH") || path.find("/usr/local/cuda") != path.npos) return "CUDA's toolkit";
  return "the system";
}

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
    folders.add_packages(folders.variable("CORNU_CUDA_LIB_DIR"), names.newest_cuda);
    folders.add_toolkit(folders.variable("CUDA_HOME"));
    folders.add_toolkit(folders.variable("CUDA_PATH"));
    folders.add_python();
    folders.add_own(names.newest_cuda);
    std::vector<fs::path> toolkits = children(machine.root / "usr/local", "cuda");
    for (const fs::path& toolkit : toolkits) folders.add_toolkit(toolkit);
  } else {
    for (const char* folder : {"usr/lib/wsl/lib", "usr/local/nvidia/lib64", "usr/lib64/nvidia"})
      folders.add(machine.root / folder);
  }
  return folders.take();
}

std::string LibraryNames::stem() const {
  const std::string& file = sonames.front().file;
  return file.substr(0, file.rfind('.') + 1);
}

LibraryNames LibraryNames::runnable(int cuda) const {
  LibraryNames names = *this;
  names.newest_cuda = cuda;
  std::erase_if(names.sonames, [&](const Soname& soname) { return cuda > 0 && soname.cuda > cuda; });
  return names;
}

FoundFile describe_file(const std::string& path, const devices::Machine& machine) {
  const std::string soname = fs::path(path).filename();
  std::error_code none;
  const std::string file = fs::canonical(path, none).filename();
  const auto number = [](const std::string& name) {
    const auto at = name.find(".so.");
    return at == name.npos ? "" : name.substr(at + 4);
  };
  return {path, soname, number(file).empty() ? number(soname) : number(file), owner(path, machine)};
}

std::vector<FoundFile> library_files(const LibraryNames& names, const devices::Machine& machine) {
  std::vector<fs::path> folders = loader_folders(machine);
  if (const auto chosen = machine.environment("CORNU_CUDA_LIB_DIR")) folders.insert(folders.begin(), *chosen);
  for (const std::string& folder : library_folders(names, machine)) folders.push_back(folder);
  std::vector<FoundFile> files;
  std::vector<fs::path> seen;
  std::error_code none;
  for (const fs::path& folder : folders) {
    for (fs::directory_iterator at(folder, none), end; !none && at != end; at.increment(none)) {
      const std::string name = at->path().filename();
      if (!name.starts_with(names.stem()) || name.find('.', names.stem().size()) != name.npos)
        continue;  // libcudnn.so.9, not .9.1
      const fs::path real = fs::canonical(at->path(), none);
      if (none || std::ranges::find(seen, real) != seen.end()) continue;
      seen.push_back(real);
      files.push_back(describe_file(at->path(), machine));
    }
  }
  return files;
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

// In the folder of the library itself. The loader then knows them by their names.
void Library::open_companions(const std::string& beginning) const {
  if (beginning.empty()) return;
  std::error_code none;
  for (fs::directory_iterator at(fs::path(path_).parent_path(), none), end; !none && at != end; at.increment(none))
    if (at->path().filename().string().starts_with(beginning)) ::dlopen(at->path().c_str(), RTLD_NOW | RTLD_LOCAL);
}

Library Library::open(const LibraryNames& names, const devices::Machine& machine) {
  Library library;
  const auto try_folder = [&](const std::string& folder) {
    return std::ranges::any_of(names.sonames, [&](const Soname& soname) {
      const std::string path = (fs::path(folder) / soname.file).string();
      std::error_code none;
      if (fs::exists(path, none)) return library.try_path(path);
      library.attempts_.push_back({path, "not found"});
      return false;
    });
  };
  // The folder of CORNU_CUDA_LIB_DIR, then LD_LIBRARY_PATH and what the system's loader knows, then the folders that are known.
  const std::string chosen = machine.environment("CORNU_CUDA_LIB_DIR").value_or("");
  const bool is_open = (!chosen.empty() && try_folder(chosen)) ||
                       std::ranges::any_of(names.sonames, [&](const Soname& soname) { return library.try_path(soname.file); }) ||
                       std::ranges::any_of(library_folders(names, machine), try_folder);
  if (is_open) library.open_companions(names.companion);
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

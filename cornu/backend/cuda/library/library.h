#pragma once

#include <string>
#include <vector>

#include "cornu/device/machine.h"

namespace cornu::cuda {

// A file name of a library, and the major version of CUDA that its driver must have; 0 for any.
struct Soname {
  std::string file;
  int cuda = 0;
};

// A library of NVIDIA's as it is looked for: the file names that will do, the best first.
struct LibraryNames {
  const char* title;  // "CUDA's driver"
  std::vector<Soname> sonames;
  bool is_driver = false;      // comes with the driver, not with a toolkit
  std::string companion = {};  // how files begin that the library will look for by name alone: they are opened with it
  int newest_cuda = 0;         // that the driver runs; 0 for any

  std::string stem() const;  // "libcudnn.so."
  // Those that such a driver runs; every one where none is known (0).
  LibraryNames runnable(int cuda) const;
};

// A place where a library was looked for.
struct Attempt {
  std::string path;
  std::string outcome;  // "opened", "not found", or the loader's own words
};

// An open library, or the record of a search that found none. A library that was opened stays open: its threads and its
// handlers at exit may outlive whatever we know of.
class Library {
 public:
  static Library open(const LibraryNames& names, const devices::Machine& machine = {});

  bool is_open() const { return handle_ != nullptr; }
  const std::string& path() const { return path_; }  // as the loader resolved it
  const std::vector<Attempt>& attempts() const { return attempts_; }
  void* find(const char* symbol) const;  // nullptr if it has no such entry point
  // What cornu says where nothing was found: one line for each place.
  std::string search_text() const;

 private:
  bool try_path(const std::string& path);
  void open_companions(const std::string& beginning) const;

  void* handle_ = nullptr;
  std::string path_;
  std::vector<Attempt> attempts_;
};

// The folders that are searched after the plain file name, in order; those that do not exist are left out.
std::vector<std::string> library_folders(const LibraryNames& names, const devices::Machine& machine);

// A file of a library of whatever major version.
struct FoundFile {
  std::string path;     // "/usr/local/cuda/lib64/libcudnn.so.9"
  std::string soname;   // "libcudnn.so.9"
  std::string version;  // as far as file names tell: "9.19.0", "9"
  std::string whose;    // who put it there: "a Python wheel"
};
// What the search and the system's loader can find, each file once however many links lead to it.
std::vector<FoundFile> library_files(const LibraryNames& names, const devices::Machine& machine);
FoundFile describe_file(const std::string& path, const devices::Machine& machine);

}  // namespace cornu::cuda

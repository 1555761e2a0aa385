#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cornu/io/bytes.h"
#include "cornu/io/host_array.h"

namespace cornu::io {

// Builds an HDF5 file in memory, as h5py would by default, so that Keras in Python reads it. Paths go from the root,
// with
// '/' between names; groups on the way are made. FileError names the path of what could not be written.
class CORNU_API Hdf5Writer {
 public:
  Hdf5Writer();
  ~Hdf5Writer();
  Hdf5Writer(Hdf5Writer&&) noexcept;
  Hdf5Writer& operator=(Hdf5Writer&&) noexcept;

  void create_group(const std::string& path);  // nothing happens if it is there
  // A contiguous dataset. bfloat16 gets the attribute dtype = "bfloat16" that Keras goes by.
  void write(const std::string& path, const HostArray& array);

  // An attribute of the group or dataset at `path` ("" is the root), as h5py stores a Python str, a list of bytes
  // (Keras's legacy weight_names) and a NumPy array; an attribute that is there is replaced.
  void set_attribute(const std::string& path, const std::string& name, std::string_view text);
  void set_attribute(const std::string& path, const std::string& name, const char* text) {
    set_attribute(path, name, std::string_view(text));
  }
  void set_attribute(const std::string& path, const std::string& name, const std::vector<std::string>& texts);
  void set_attribute(const std::string& path, const std::string& name, const HostArray& array);

  // The file's bytes; the writer is empty afterwards.
  FileBytes finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cornu::io

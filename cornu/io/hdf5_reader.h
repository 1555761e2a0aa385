#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cornu/io/bytes.h"
#include "cornu/io/hdf5/attributes.h"
#include "cornu/io/host_array.h"

namespace cornu::io {

// Reads the part of HDF5 that h5py writes for Keras, bounds-checked against hostile bytes: every error is a FileError
// that names the file and what is wrong with it. Sizes are believed only as far as the file can hold them. Soft and
// external links are listed but never followed. All parts share the file's bytes and may outlive Hdf5File.

namespace hdf5 {
struct GroupData;
struct DatasetData;
}  // namespace hdf5

class CORNU_API Hdf5Dataset {
 public:
  explicit Hdf5Dataset(std::shared_ptr<const hdf5::DatasetData> data) : data_(std::move(data)) {}

  const std::string& path() const;
  DType dtype() const;  // FileError, as from all below, if the elements are not numbers of ours
  const Shape& shape() const;
  // Aligned contiguous elements in this machine's byte order are not copied.
  HostArray read() const;
  // Whether all elements lie in one piece in the file; FileError if they should and do not. Then reading them cannot fail.
  bool is_in_one_piece() const;
  // The same straight into memory of exactly the array's size.
  void read_into(std::span<std::byte> to) const;
  Hdf5Attributes attributes() const;

 private:
  std::shared_ptr<const hdf5::DatasetData> data_;
};

class CORNU_API Hdf5Group {
 public:
  explicit Hdf5Group(std::shared_ptr<const hdf5::GroupData> data) : data_(std::move(data)) {}

  const std::string& path() const;
  std::vector<std::string> children() const;  // their names, sorted, as h5py lists them
  // Paths are relative, with '/' between names. `contains` is false for links that are not followed.
  bool contains(std::string_view path) const;
  bool is_group(std::string_view path) const;
  Hdf5Group group(std::string_view path) const;
  Hdf5Dataset dataset(std::string_view path) const;
  Hdf5Attributes attributes() const;
  // Where the group lies in the file: two groups are one if this is equal, as a walk through a cycle must notice.
  uint64_t address() const;

 private:
  std::shared_ptr<const hdf5::GroupData> data_;
};

// Whether the bytes begin as an HDF5 file.
CORNU_API bool is_hdf5(std::span<const std::byte> bytes);

class CORNU_API Hdf5File {
 public:
  static Hdf5File open(const FileBytes& bytes);
  static Hdf5File open(const std::string& path);
  const Hdf5Group& root() const { return root_; }

 private:
  explicit Hdf5File(Hdf5Group root) : root_(std::move(root)) {}
  Hdf5Group root_;
};

}  // namespace cornu::io

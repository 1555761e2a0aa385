#include "cornu/io/npz.h"

#include "cornu/io/file.h"
#include "cornu/io/npy.h"
#include "cornu/io/zip.h"

namespace cornu::io {
namespace {

constexpr std::string_view kSuffix = ".npy";

FileBytes npy_bytes(const HostArray& array) {
  const std::string header = npy_header(array);
  const auto data = allocate_host(header.size() + array.bytes());
  std::memcpy(data.get(), header.data(), header.size());
  if (array.bytes() > 0) std::memcpy(data.get() + header.size(), array.data.get(), array.bytes());
  return {"", data, header.size() + array.bytes()};
}

}  // namespace

NamedArrays read_npz(const FileBytes& file) {
  const ZipReader archive(file);
  NamedArrays arrays;
  for (const std::string& name : archive.names()) {
    if (!name.ends_with(kSuffix)) throw file_error(file.name, "its member '{}' is not a .npy file", name);
    arrays.emplace(name.substr(0, name.size() - kSuffix.size()), read_npy(archive.read(name)));
  }
  return arrays;
}

NamedArrays read_npz(const std::string& path) { return read_npz(map_file(path)); }

void write_npz(const std::string& path, const NamedArrays& arrays) {
  std::vector<ZipMember> members;
  for (const auto& [name, array] : arrays) members.push_back({name + std::string(kSuffix), npy_bytes(array)});
  write_zip(path, members);
}

}  // namespace cornu::io

#include "cornu/io/npy.h"

#include "cornu/io/elements.h"
#include "cornu/io/file.h"
#include "cornu/io/npy_header.h"

namespace cornu::io {

HostArray read_npy(const FileBytes& file) {
  const NpyHeader header = parse_npy_header(file);
  if (header.descr.size() > 1 && header.descr[1] == 'O')
    throw file_error(file.name, "it holds Python objects (dtype object); only numbers are read, no pickled code is run");
  const auto type = npy_type(header.descr);
  if (!type) throw file_error(file.name, "its dtype '{}' is not supported", header.descr.substr(0, 40));
  const auto bytes = byte_size(header.shape, type->dtype.size());
  const size_t have = file.size - header.data_offset;
  if (!bytes || *bytes > have)
    throw file_error(file.name, "its header declares shape {} of {}, but only {} bytes follow", to_string(Shape(header.shape)),
                     type->dtype.name(), have);
  HostArray array = array_from(file, header.data_offset, type->dtype, Shape(header.shape), type->swapped);
  return header.fortran_order ? from_fortran_order(array) : array;
}

HostArray read_npy(const std::string& path) { return read_npy(map_file(path)); }

std::string npy_header(const HostArray& array) {
  std::string dict =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", npy_descr(array.dtype), to_string(array.shape));
  constexpr size_t kPrefix = 10, kAlignment = 64;
  dict.resize((kPrefix + dict.size() + 1 + kAlignment - 1) / kAlignment * kAlignment - kPrefix - 1, ' ');
  dict += '\n';
  // Version 1 counts the header in 16 bits: enough for more than 3000 axes.
  const char length[] = {static_cast<char>(dict.size() & 0xff), static_cast<char>(dict.size() >> 8)};
  return std::string("\x93NUMPY\x01\x00", 8).append(length, 2) + dict;
}

void write_npy(const std::string& path, const HostArray& array) {
  write_file_atomically(path, [&](AtomicFile& file) {
    file.write(npy_header(array));
    file.write(array.as_bytes());
  });
}

}  // namespace cornu::io

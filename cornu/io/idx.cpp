#include "cornu/io/idx.h"

#include <optional>

#include "cornu/io/elements.h"
#include "cornu/io/file.h"
#include "cornu/io/inflate.h"

namespace cornu::io {
namespace {

std::optional<DType> idx_type(std::byte code) {
  switch (static_cast<int>(code)) {
    case 0x08: return uint8;
    case 0x09: return int8;
    case 0x0B: return int16;
    case 0x0C: return int32;
    case 0x0D: return float32;
    case 0x0E: return float64;
  }
  return std::nullopt;
}

}  // namespace

bool is_idx(std::span<const std::byte> bytes) {
  return bytes.size() >= 8 && bytes[0] == std::byte{0} && bytes[1] == std::byte{0} && idx_type(bytes[2]) &&
         bytes[3] != std::byte{0};
}

HostArray read_idx(const FileBytes& packed) {
  const FileBytes file = is_gzip(packed.span()) ? gunzip(packed) : packed;
  const auto bytes = file.span();
  if (!is_idx(bytes)) throw file_error(file.name, "it is not an IDX file");
  const DType dtype = *idx_type(bytes[2]);
  const auto rank = static_cast<size_t>(bytes[3]);
  const size_t header = 4 + 4 * rank;
  if (bytes.size() < header) throw file_error(file.name, "its IDX header is cut off");
  Shape shape;
  for (size_t axis = 0; axis < rank; ++axis) shape.push_back(load<uint32_t>(&bytes[4 + 4 * axis], std::endian::big));
  const auto size = byte_size(shape.dims(), dtype.size());
  if (!size || *size != bytes.size() - header)
    throw file_error(file.name, "its header declares shape {} of {}, but {} bytes follow", to_string(shape), dtype.name(),
                     bytes.size() - header);
  return array_from(file, header, dtype, std::move(shape), std::endian::native == std::endian::little && dtype.size() > 1);
}

HostArray read_idx(const std::string& path) { return read_idx(map_file(path)); }

}  // namespace cornu::io

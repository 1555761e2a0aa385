#include "cornu/io/hdf5/image.h"

namespace cornu::io::hdf5 {
namespace {

// At 0, or, after a block of the user's own, at 512, 1024, 2048, ...
uint64_t find_signature(const FileBytes& file) {
  for (uint64_t at = 0; at + kSignature.size() <= file.size; at = at == 0 ? 512 : at * 2)
    if (std::memcmp(file.data.get() + at, kSignature.data(), kSignature.size()) == 0) return at;
  throw file_error(file.name, "it is not an HDF5 file");
}

int width_of(Cursor& at, const char* what) {
  const int width = at.u8();
  if (width != 2 && width != 4 && width != 8) throw at.image().damaged("{} of {} bytes", what, width);
  return width;
}

}  // namespace

Image read_superblock(const FileBytes& file) {
  Image image{file};
  image.base = find_signature(file);
  Cursor at = image.at(0, "the superblock");
  at.skip(kSignature.size());
  const int version = at.u8();
  if (version > 3) throw image.unsupported("HDF5 superblock version {}", version);
  const bool old = version < 2;
  if (old) at.skip(4);  // versions of parts that have only ever had one
  image.address_width = width_of(at, "addresses");
  image.length_width = width_of(at, "lengths");
  // Old: how many children a tree node has, which each node says itself, and flags. New: flags.
  at.skip(old ? (version == 1 ? 13 : 9) : 1);
  at.address();  // of the superblock when the file was made; where it is now counts, as for libhdf5
  at.address();  // free space, or the superblock's extension
  at.address();  // end of file
  if (old) {
    at.address();  // the driver's block
    at.length();   // the root's name
  }
  image.root = at.address();
  return image;
}

}  // namespace cornu::io::hdf5

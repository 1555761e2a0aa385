#include "cornu/io/hdf5/layout.h"

namespace cornu::io::hdf5 {
namespace {

// The last dim is the size of an element.
void read_chunk_dims(Cursor& at, int dims, int width, DataLayout& layout) {
  if (dims < 2 || dims > 33) throw at.image().damaged("chunks of {} dims", dims);
  for (int axis = 0; axis < dims; ++axis) {
    const uint64_t dim = at.number(width);
    if (dim == 0 || dim > uint64_t{1} << 40) throw at.image().damaged("a chunk whose dim is {}", dim);
    if (axis + 1 < dims) layout.chunk.push_back(static_cast<int64_t>(dim));
  }
}

void read_old_chunks(Cursor& at, DataLayout& layout) {
  const int dims = at.u8();
  layout.address = at.address();
  read_chunk_dims(at, dims, 4, layout);
}

void read_new_chunks(Cursor& at, DataLayout& layout) {
  constexpr uint8_t kSingleIsFiltered = 2;
  const uint8_t flags = at.u8();
  const int dims = at.u8(), width = at.u8();
  if (width < 1 || width > 8) throw at.image().damaged("chunk dims of {} bytes", width);
  read_chunk_dims(at, dims, width, layout);
  const int index = at.u8();
  if (index < 1 || index > 5) throw at.image().damaged("a chunk index of type {}", index);
  layout.index = ChunkIndex{index};
  // How the index grows, which its own header repeats.
  constexpr int kSettings[] = {0, 0, 0, 1, 5, 6};
  at.skip(static_cast<uint64_t>(kSettings[index]));
  if (layout.index == ChunkIndex::single && (flags & kSingleIsFiltered)) {
    layout.single_size = at.length();
    layout.single_skipped = at.u32();
  }
  layout.address = at.address();
}

}  // namespace

DataLayout parse_layout(Cursor at) {
  const int version = at.u8(), kind = at.u8();
  if (version < 3 || version > 5) throw at.image().unsupported("an HDF5 data layout of version {}", version);
  if (kind > 2) throw at.image().unsupported("an HDF5 data layout of class {} (virtual)", kind);
  DataLayout layout{DataLayout::Kind{kind}};
  switch (layout.kind) {
    case DataLayout::Kind::compact: layout.compact = at.take(at.u16()); break;
    case DataLayout::Kind::contiguous:
      layout.address = at.address();
      layout.size = at.length();
      break;
    case DataLayout::Kind::chunked: version == 3 ? read_old_chunks(at, layout) : read_new_chunks(at, layout);
  }
  return layout;
}

}  // namespace cornu::io::hdf5

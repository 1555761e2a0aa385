#include "cornu/io/hdf5/btree2.h"
#include "cornu/io/hdf5/chunks.h"

namespace cornu::io::hdf5 {
namespace {

class ChunkTree {
 public:
  ChunkTree(const Image& image, const ChunkGrid& grid, const TakeEntry& take)
      : image_(image), budget_(image), grid_(grid), take_(take), places_(grid.dims.size()) {}

  void node(uint64_t address, int level) {
    Cursor at = image_.at(address, "a chunk's B-tree");
    at.expect("TREE");
    const int kind = at.u8(), own_level = at.u8();
    if (kind != 1 || (level >= 0 && own_level != level)) throw image_.damaged("a chunk's B-tree");
    const uint16_t children = at.u16();
    at.address();
    at.address();  // siblings
    budget_.spend(24);
    for (int i = 0; i < children; ++i) {
      budget_.spend(24);
      const uint32_t stored = at.u32(), skipped = at.u32();
      for (size_t axis = 0; axis < places_.size(); ++axis)
        places_[axis] = at.number(8) / static_cast<uint64_t>(grid_.chunk[axis]);
      at.skip(8);  // the place within an element: 0
      const uint64_t child = at.address();
      if (own_level > 0) node(child, own_level - 1);
      else take_({places_, child, stored, skipped});
    }
  }

 private:
  const Image& image_;
  Budget budget_;
  const ChunkGrid& grid_;
  const TakeEntry& take_;
  std::vector<uint64_t> places_;
};

}  // namespace

void visit_btree1(const Image& image, const DataLayout& layout, const ChunkGrid& grid, const TakeEntry& take) {
  ChunkTree(image, grid, take).node(layout.address, -1);
}

void visit_btree2(const Image& image, const DataLayout& layout, const ChunkGrid& grid, bool filtered, const TakeEntry& take) {
  std::vector<uint64_t> places(grid.dims.size());
  visit_records(image, layout.address, [&](Cursor record) {
    const uint64_t address = record.address();
    uint64_t stored = grid.chunk_bytes;
    uint32_t skipped = 0;
    if (filtered) {
      // The size's width follows from what is left of the record.
      const size_t width = record.left() - std::min(record.left(), 4 + 8 * places.size());
      if (width < 1 || width > 8) throw image.damaged("a chunk's record");
      stored = record.number(static_cast<int>(width));
      skipped = record.u32();
    }
    for (uint64_t& place : places) place = record.number(8);
    take({places, address, stored, skipped});
  });
}

}  // namespace cornu::io::hdf5

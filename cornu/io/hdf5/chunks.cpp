#include "cornu/io/hdf5/chunks.h"

#include <algorithm>

#include "cornu/io/elements.h"

namespace cornu::io::hdf5 {
namespace {

// A chunk whose elements lie side by side is copied row by row into its place; what passes the dataset's edge is left.
class Placer {
 public:
  Placer(const ChunkGrid& grid, uint32_t element_size, std::span<std::byte> to) : grid_(grid), size_(element_size), to_(to) {}

  void place(uint64_t number, std::span<const std::byte> chunk) const {
    const size_t rank = grid_.dims.size();
    std::vector<int64_t> begin(rank), extent(rank), at(rank, 0);
    for (size_t axis = rank; axis-- > 0;) {
      const auto count = static_cast<uint64_t>(grid_.counts[axis]);
      begin[axis] = static_cast<int64_t>(number % count) * grid_.chunk[axis];
      number /= count;
      extent[axis] = std::min(grid_.chunk[axis], grid_.dims[axis] - begin[axis]);
    }
    const size_t row = static_cast<size_t>(extent[rank - 1]) * size_;
    for (;;) {
      int64_t from = 0, to = 0;
      for (size_t axis = 0; axis < rank; ++axis) {
        from = from * grid_.chunk[axis] + at[axis];
        to = to * grid_.dims[axis] + begin[axis] + at[axis];
      }
      std::memcpy(&to_[static_cast<size_t>(to) * size_], &chunk[static_cast<size_t>(from) * size_], row);
      size_t axis = rank - 1;
      while (axis-- > 0) {
        if (++at[axis] < extent[axis]) break;
        at[axis] = 0;
      }
      if (axis == static_cast<size_t>(-1)) return;
    }
  }

 private:
  const ChunkGrid& grid_;
  size_t size_;
  std::span<std::byte> to_;
};

void visit(const Image& image, const DataLayout& layout, const ChunkGrid& grid, bool filtered, const TakeEntry& take) {
  const std::vector<uint64_t> origin(grid.dims.size(), 0);
  switch (layout.index) {
    case ChunkIndex::btree1: return visit_btree1(image, layout, grid, take);
    case ChunkIndex::single:
      return take({origin, layout.address, layout.single_size.value_or(grid.chunk_bytes), layout.single_skipped});
    case ChunkIndex::fixed_array: return visit_fixed_array(image, layout, grid, take);
    case ChunkIndex::extensible_array: return visit_extensible_array(image, layout, grid, take);
    case ChunkIndex::btree2: return visit_btree2(image, layout, grid, filtered, take);
    case ChunkIndex::implicit: throw image.unsupported("an HDF5 dataset with an implicit chunk index");
  }
}

}  // namespace

ChunkGrid::ChunkGrid(const Image& image, const Dataspace& space, const DataLayout& layout, uint32_t element_size)
    : dims(space.dims), chunk(layout.chunk) {
  if (dims.size() != chunk.size() || dims.empty())
    throw image.damaged("chunks of {} dims for a dataset of {}", chunk.size(), dims.size());
  const auto count = [](int64_t dim, int64_t of) { return dim / of + (dim % of != 0); };
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    counts.push_back(count(dims[axis], chunk[axis]));
    max_counts.push_back(space.max_dims[axis] < 0 ? -1 : count(space.max_dims[axis], chunk[axis]));
  }
  const auto all = byte_size(counts, 1), bytes = byte_size(chunk, static_cast<int>(element_size));
  if (!all || !bytes) throw image.damaged("chunks of impossible dims");
  total = *all;
  chunk_bytes = *bytes;
}

uint64_t ChunkGrid::number_of(std::span<const uint64_t> places) const {
  uint64_t number = 0;
  for (size_t axis = 0; axis < counts.size(); ++axis) {
    const auto count = static_cast<uint64_t>(counts[axis]);
    if (places[axis] >= count) return total;
    number = number * count + places[axis];
  }
  return number;
}

std::vector<Chunk> find_chunks(const Image& image, const DataLayout& layout, const ChunkGrid& grid, bool filtered) {
  std::vector<Chunk> chunks;
  if (layout.address == kUndefined || grid.total == 0) return chunks;
  uint64_t stored = 0;
  visit(image, layout, grid, filtered, [&](const IndexEntry& entry) {
    const uint64_t number = grid.number_of(entry.places);
    if (entry.address == kUndefined || number == grid.total) return;
    image.at(entry.address, entry.stored, "a chunk");
    stored += entry.stored;  // cannot overflow: it throws at the first step beyond the file
    if (stored > image.file.size) throw image.damaged("chunks lie one over the other");
    chunks.push_back({number, entry.address, entry.stored, entry.skipped});
  });
  std::sort(chunks.begin(), chunks.end(), [](const Chunk& a, const Chunk& b) { return a.number < b.number; });
  const auto twice =
      std::adjacent_find(chunks.begin(), chunks.end(), [](const Chunk& a, const Chunk& b) { return a.number == b.number; });
  if (twice != chunks.end()) throw image.damaged("chunk {} is there twice", twice->number);
  return chunks;
}

void read_chunks(const Image& image, const ChunkGrid& grid, const std::vector<Chunk>& chunks, const FilterPipeline& filters,
                 uint32_t element_size, std::span<std::byte> to) {
  if (chunks.size() < grid.total && !to.empty()) std::memset(to.data(), 0, to.size());
  const Placer placer(grid, element_size, to);
  std::vector<std::byte> whole(filters.empty() ? 0 : grid.chunk_bytes);
  for (const Chunk& chunk : chunks) {
    const auto stored = image.at(chunk.address, chunk.stored, "a chunk").rest();
    if (!filters.empty()) filters.undo(image, stored, chunk.skipped, whole);
    placer.place(chunk.number, filters.empty() ? stored : std::span<const std::byte>(whole));
  }
}

}  // namespace cornu::io::hdf5

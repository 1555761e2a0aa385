#pragma once

#include <functional>
#include <vector>

#include "cornu/io/hdf5/layout.h"

namespace cornu::io::hdf5 {

struct Chunk {
  uint64_t number = 0;  // row-major in the grid of chunks
  uint64_t address = kUndefined, stored = 0;
  uint32_t skipped = 0;  // filters that were not applied
};

// How a dataset is divided into chunks.
struct ChunkGrid {
  std::vector<int64_t> dims, chunk, counts;  // per axis: elements, elements of a chunk, chunks
  std::vector<int64_t> max_counts;           // chunks when the dataset has grown to its largest; -1 without limit
  uint64_t total = 0;                        // chunks
  uint64_t chunk_bytes = 0;

  ChunkGrid(const Image& image, const Dataspace& space, const DataLayout& layout, uint32_t element_size);
  // The row-major number of the chunk at these places along the axes, or `total` if it lies outside.
  uint64_t number_of(std::span<const uint64_t> places) const;
};

// All chunks that have been written, in any order, each at most once; their stored bytes lie in the file and together
// are no more than it.
std::vector<Chunk> find_chunks(const Image& image, const DataLayout& layout, const ChunkGrid& grid, bool filtered);

// The dataset's elements, put together from its chunks into `to` and still in the file's byte order. Chunks that were
// never written are zeros.
void read_chunks(const Image& image, const ChunkGrid& grid, const std::vector<Chunk>& chunks, const FilterPipeline& filters,
                 uint32_t element_size, std::span<std::byte> to);

// One a kind of index: calls `take` for each entry.
struct IndexEntry {
  std::span<const uint64_t> places;  // along the axes, counted in chunks
  uint64_t address, stored;
  uint32_t skipped;
};
using TakeEntry = std::function<void(const IndexEntry&)>;
void visit_btree1(const Image& image, const DataLayout& layout, const ChunkGrid& grid, const TakeEntry& take);
void visit_btree2(const Image& image, const DataLayout& layout, const ChunkGrid& grid, bool filtered, const TakeEntry& take);
void visit_fixed_array(const Image& image, const DataLayout& layout, const ChunkGrid& grid, const TakeEntry& take);
void visit_extensible_array(const Image& image, const DataLayout& layout, const ChunkGrid& grid, const TakeEntry& take);

}  // namespace cornu::io::hdf5

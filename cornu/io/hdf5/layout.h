#pragma once

#include <optional>
#include <vector>

#include "cornu/io/hdf5/datatype.h"
#include "cornu/io/hdf5/filters.h"
#include "cornu/io/hdf5/object_header.h"

namespace cornu::io::hdf5 {

enum class ChunkIndex { btree1 = 0, single = 1, implicit = 2, fixed_array = 3, extensible_array = 4, btree2 = 5 };

// Where a dataset's elements are.
struct DataLayout {
  enum class Kind { compact, contiguous, chunked };
  Kind kind = Kind::contiguous;
  std::span<const std::byte> compact;  // the elements themselves
  uint64_t address = kUndefined;       // of contiguous elements, or of the chunks' index; undefined: never written
  uint64_t size = 0;                   // of contiguous elements

  std::vector<int64_t> chunk;  // dims of a chunk, all positive
  ChunkIndex index = ChunkIndex::btree1;
  std::optional<uint64_t> single_size;  // stored bytes of a single filtered chunk
  uint32_t single_skipped = 0;          // the filters that were not applied to it
};

DataLayout parse_layout(Cursor at);

}  // namespace cornu::io::hdf5

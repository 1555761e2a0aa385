#pragma once

#include <optional>
#include <vector>

#include "cornu/io/hdf5/image.h"

namespace cornu::io::hdf5 {

enum class Filter : uint16_t { deflate = 1, shuffle = 2, fletcher32 = 3 };

// What was done to each chunk, in this order, when it was written.
class FilterPipeline {
 public:
  FilterPipeline() = default;
  explicit FilterPipeline(Cursor message);

  bool empty() const { return steps_.empty(); }
  // Whether `stored` bytes can be a chunk of `size` bytes.
  bool believable(uint64_t stored, uint64_t size, uint32_t skipped) const;
  // Undoes all steps but those whose bit in `skipped` is set; `to` has the size of a chunk.
  void undo(const Image& image, std::span<const std::byte> stored, uint32_t skipped, std::span<std::byte> to) const;

 private:
  struct Step {
    Filter filter;
    uint32_t element_size = 1;  // of shuffle
  };
  bool applies(size_t step, uint32_t skipped) const { return !(skipped >> step & 1); }
  // Bytes of a chunk before step `step` was done to it.
  uint64_t size_before(size_t step, uint64_t size, uint32_t skipped) const;

  std::vector<Step> steps_;
};

}  // namespace cornu::io::hdf5

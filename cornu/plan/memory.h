#pragma once

#include <cstdint>
#include <vector>

namespace cornu::plan {

// A block of scratch memory that is needed from step `first` to step `last`, both included.
struct Lifetime {
  int64_t bytes = 0;
  int first = 0, last = 0;
  int64_t offset = 0;  // the answer
};

inline int64_t aligned(int64_t bytes, int64_t alignment) { return (bytes + alignment - 1) / alignment * alignment; }

// Gives every block an offset so that blocks alive together do not overlap; returns the size of the whole. Largest first,
// each into the smallest gap that fits.
int64_t assign_offsets(std::vector<Lifetime>& blocks, int64_t alignment);

}  // namespace cornu::plan

#include "cornu/plan/memory.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace cornu::plan {

int64_t assign_offsets(std::vector<Lifetime>& blocks, int64_t alignment) {
  std::vector<int> order(blocks.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return blocks[a].bytes > blocks[b].bytes; });
  std::vector<int> placed;  // by offset
  int64_t total = 0;
  for (int id : order) {
    Lifetime& block = blocks[id];
    const int64_t need = aligned(block.bytes, alignment);
    int64_t at = 0, best = -1, best_gap = std::numeric_limits<int64_t>::max();
    for (int other : placed) {
      const Lifetime& o = blocks[other];
      if (o.last < block.first || o.first > block.last) continue;
      const int64_t gap = o.offset - at;
      if (gap >= need && gap < best_gap) best = at, best_gap = gap;
      at = std::max(at, o.offset + aligned(o.bytes, alignment));
    }
    block.offset = best >= 0 ? best : at;
    total = std::max(total, block.offset + need);
    placed.insert(
        std::upper_bound(placed.begin(), placed.end(), id, [&](int a, int b) { return blocks[a].offset < blocks[b].offset; }),
        id);
  }
  return total;
}

}  // namespace cornu::plan

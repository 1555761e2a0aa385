#pragma once

#include <cstddef>
#include <cstdint>

#include "cornu/codegen/interpreter_bind.h"

namespace cornu::codegen {

// One thread at work on one segment: where each register lies now, and the tile. A thread has one at a time.
class TileRunner {
 public:
  // `operands`: the addresses of the segment's operands that have memory. Runs the uniform code.
  TileRunner(const Segment& segment, void* const* operands);

  void uniform_stores() { run(segment_.uniform_stores); }
  // Pointwise: tiles [first, last) of segment.blocks().
  void pointwise(int64_t first, int64_t last);
  // Reducing: kept tiles [first, last), from the first phase to the last.
  void reduce(int64_t first, int64_t last);

  // The same in parts, for threads that share the reduced points; `partial` is the kernel's scratch. Spans of a phase, in any
  // order; then their sums; after the last phase the stores.
  void add_span(int phase, int64_t block, int64_t span, std::byte* partial);
  void merge_spans(int phase, int64_t block, std::byte* partial);
  void finish(int64_t block, std::byte* partial);

 private:
  struct Tile {
    int64_t row = 0, rows = 1, col = 0, cols = 1;
  };

  void aim(const Tile& tile);
  void run(const BoundCode& code);
  void compute(const BoundStep& step);
  void load(const BoundStep& step);
  void fill(const BoundStep& step);
  void store(const BoundStep& step);
  void spread(const BoundStep& step);
  void alias(uint16_t reg, int operand, Sides sides);

  Tile kept_tile(int64_t block) const;
  void add_chunks(const BoundPhase& phase, Tile tile, int64_t span, std::byte* partial);
  void restore(int phase, int64_t block, std::byte* partial);
  void publish(const BoundReduce& reduce, const Accumulator& result);
  Accumulator total_of(const BoundReduce& r) const;
  Accumulator span_of(const BoundReduce& r) const;
  Accumulator partial_of(const BoundReduce& r, int64_t span, const Tile& tile, std::byte* partial) const;
  int64_t kept_first(const Tile& tile) const { return segment_.reduces_rows ? tile.col : tile.row; }
  int64_t kept_count(const Tile& tile) const { return segment_.reduces_rows ? tile.cols : tile.rows; }

  const Segment& segment_;
  std::byte* scratch_;
  Ref* refs_;
  std::byte** bases_;  // of each operand, at its offset
  bool* direct_;       // of each direct store: whether nothing that is still read shares its memory
  Tile tile_;
  int64_t restored_block_ = -1;
  int restored_phase_ = -1;
};

}  // namespace cornu::codegen

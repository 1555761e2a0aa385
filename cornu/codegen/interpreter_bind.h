#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cornu/codegen/interpreter_loops.h"
#include "cornu/codegen/interpreter_prepare.h"

// A prepared program bound to the numbers of one launch. The iteration space is seen as a rectangle of rows and columns, each
// the product of some of the loops:
//   pointwise            rows: all loops but the innermost;  columns: the innermost
//   innermost reduced    rows: the kept loops;               columns: the reduced ones
//   innermost kept       rows: the reduced loops;            columns: the kept ones
// and is done in rectangular tiles that stay in the first-level cache.
namespace cornu::codegen {

// Which sides of the tile a register varies along.
using Sides = uint8_t;
inline constexpr Sides kNoSide = 0, kRowSide = 1, kColSide = 2, kBothSides = 3;

struct Axis {
  std::vector<int64_t> extents;  // outermost first
  int64_t total = 1;
};
// How an operand moves along an axis, in elements.
struct Walk {
  std::vector<int64_t> strides;
  bool linear = true;  // position * stride, else an odometer
  int64_t stride = 0;
  bool varies() const;
  int64_t offset(const Axis& axis, int64_t position) const;
};
struct OperandWalk {
  int slot = -1;  // in KernelCall::operands, counted from the segment's first
  int size = 0;   // bytes of an element
  int64_t offset = 0;
  Walk rows, cols;
};

inline constexpr int kIntoRegister = -1;
struct BoundStep {
  enum Kind : uint8_t { compute, load, alias, store, index, constant } kind;
  Sides sides = kNoSide;  // what the loop runs over
  bool flat = false;      // rows follow each other without gaps: one long row
  int16_t direct = -1;    // of a store: DirectStore::number
  uint16_t out = 0, a = 0, b = 0, c = 0;
  int operand = 0;  // of the program; kIntoRegister: a store that copies `a` to `out`
  union {
    ComputeLoop loop;
    MoveLoop move;
    IndexLoop fill;
    uint64_t bits = 0;
  };
};
// A register may be computed straight into the memory it is stored to, unless an input shares that memory and is still needed.
struct DirectStore {
  uint16_t result;
  int operand;
  Sides sides;
  int16_t number;              // among the segment's
  std::vector<int> conflicts;  // the inputs
};
struct BoundCode {
  std::vector<BoundStep> steps;
  std::vector<DirectStore> direct;
};
struct BoundReduce {
  ReduceLoops loops;
  uint16_t from, result;
  bool positions;                                                      // the result is argmax's or argmin's
  int size;                                                            // bytes of a value
  int64_t total_values, total_positions, span_values, span_positions;  // offsets in the thread's scratch
  int64_t partial_values, partial_positions;                           // offsets in the kernel's scratch, where spans are split
};
struct BoundPhase {
  BoundCode code;
  std::vector<BoundReduce> reduces;
  BoundCode kept;
};
struct BoundRegister {
  Sides sides = kNoSide;
  uint8_t size = 4;
  int64_t at = -1;  // offset in the thread's scratch; -1: an alias only
};

struct Segment {
  std::shared_ptr<const PreparedProgram> prepared;
  Axis rows, cols;
  int64_t tile_rows = 1, tile_cols = 1;
  std::vector<OperandWalk> operands;
  int slots = 0;  // how many of them have memory
  std::vector<BoundRegister> registers;
  BoundCode uniform, uniform_stores, kept_first, kept_stores;
  std::vector<BoundPhase> phases;
  int direct_stores = 0;
  int64_t scratch_bytes = 0;  // a thread's

  // Of a program that reduces.
  bool reduces = false, reduces_rows = false;  // the reduced side is the rows
  bool split = false;                          // spans are shared among threads, for want of kept points
  int64_t span = 0, spans = 1;                 // reduced points that are added up together before they meet the rest
  int64_t partial_bytes = 0;                   // of the kernel's scratch, where split

  const Axis& kept() const { return reduces_rows ? cols : rows; }
  const Axis& reduced() const { return reduces_rows ? rows : cols; }
  int64_t kept_tile() const { return reduces_rows ? tile_cols : tile_rows; }
  int64_t reduced_tile() const { return reduces_rows ? tile_rows : tile_cols; }
  bool empty() const { return reduces ? kept().total == 0 : rows.total * cols.total == 0; }
  int64_t blocks() const;  // that can be done in any order: tiles, or kept tiles
  int64_t cost() const;    // elements times instructions
};

Segment bind(std::shared_ptr<const PreparedProgram> prepared, const ir::Launch& launch, const Loops& loops);

}  // namespace cornu::codegen

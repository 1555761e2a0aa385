#pragma once

#include <cstddef>
#include <cstdint>

#include "cornu/base/dtype.h"
#include "cornu/ir/kernel_program.h"
#include "cornu/target/target.h"

// The interpreter's hot loops: one instruction over one tile. They are compiled once for each instruction set and found here
// by what they do.
namespace cornu::codegen {

// A register's values within a tile. Booleans take 4 bytes and are 0 or 1; the other types are stored as themselves.
struct Ref {
  std::byte* data = nullptr;
  int64_t pitch = 0;  // elements from one row to the next
};

using ComputeLoop = void (*)(int64_t rows, int64_t cols, const Ref& out, const Ref& a, const Ref& b, const Ref& c);
struct Operation {
  ir::Prim prim;
  ir::RegisterType result;
  ir::RegisterType operand;  // of the operands (for a select: of what it chooses)
  unsigned scalars = 0;      // bit i: operand i has one value a row
  uint64_t immediate = 0;
};

// Moves elements between memory and registers, converting between the dtype and its computing type. Strides are in elements;
// a register's is 0 (one value for all) or 1.
using MoveLoop = void (*)(int64_t n, const std::byte* from, int64_t from_stride, std::byte* to, int64_t to_stride);
// first, first + step, ...
using IndexLoop = void (*)(int64_t n, int64_t first, int64_t step, std::byte* to);

// The running value of a reduction, one a kept point: `values` in the operand's type; `positions` for argmax and argmin.
struct Accumulator {
  std::byte* values = nullptr;
  int32_t* positions = nullptr;
};
struct ReduceLoops {
  void (*clear)(int64_t n, const Accumulator& into);
  // Each row of the tile (each column of it) into one value; `first` is the number of the first reduced point.
  void (*rows)(int64_t rows, int64_t cols, const Ref& from, const Accumulator& into, int64_t first);
  void (*cols)(int64_t rows, int64_t cols, const Ref& from, const Accumulator& into, int64_t first);
  // Adds what comes later.
  void (*merge)(int64_t n, const Accumulator& later, const Accumulator& into);
};

#define CORNU_DECLARE_LOOPS(isa)                                        \
  namespace isa {                                                       \
  ComputeLoop arithmetic_loop(const Operation& operation);              \
  ComputeLoop integer_loop(const Operation& operation);                 \
  ComputeLoop function_loop(const Operation& operation);                \
  MoveLoop load_loop(DType dtype);                                      \
  MoveLoop store_loop(DType dtype);                                     \
  IndexLoop index_loop(ir::RegisterType type);                          \
  ReduceLoops reduce_loops(ir::ReduceKind kind, ir::RegisterType type); \
  }
CORNU_DECLARE_LOOPS(baseline)
#if defined(__x86_64__)
CORNU_DECLARE_LOOPS(avx2)
CORNU_DECLARE_LOOPS(avx512)
#endif
#undef CORNU_DECLARE_LOOPS

struct Loops {
  ComputeLoop compute(const Operation& operation) const;
  ComputeLoop (*arithmetic)(const Operation&);
  ComputeLoop (*integer)(const Operation&);
  ComputeLoop (*function)(const Operation&);
  MoveLoop (*load)(DType);
  MoveLoop (*store)(DType);
  IndexLoop (*index)(ir::RegisterType);
  ReduceLoops (*reduce)(ir::ReduceKind, ir::RegisterType);
};
const Loops& loops_for(Isa isa);

inline int size_of(ir::RegisterType type) {
  using enum ir::RegisterType;
  return type == f64 || type == i64 || type == u64 ? 8 : 4;
}

}  // namespace cornu::codegen

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cornu/base/dtype.h"

namespace cornu::ir {

// A kernel program is what a group of pointwise ops and reductions becomes: straight-line code in single assignment, written
// once for a point of an iteration space, run for all of them. It is data: the interpreter, the machine-code emitter and the
// CUDA text generator read the same program.
//
// The space has loops (outermost first), each either kept or reduced. A register lives in one of three spaces:
//   full     one value for each point of all loops
//   kept     one value for each point of the kept loops (results of reductions and what is computed from them)
//   uniform  one value for the launch (constants, numbers and what is computed from scalar operands)
// A full instruction may read registers of all spaces, a kept one kept and uniform ones. A `reduce` instruction takes a full
// register and gives a kept one. Where full code reads a kept register that comes from a reduction, the loop over the reduced
// axes is run again: that is a new phase (softmax has three). A consumer may keep full registers between phases or compute them
// again. Without reduced loops, kept and full are the same space.
//
// Extents, strides, addresses and the graph's numbers are no part of the program; they are the launch's.

enum class RegisterType : uint8_t { f32, f64, i32, i64, u32, u64, boolean };
enum class Space : uint8_t { uniform, kept, full };
enum class ReduceKind : uint8_t { sum, prod, max, min, any, all, argmax, argmin };

enum class Prim : uint8_t {
  // Operands and constants
  load,      // the element of operand `immediate` at this point, converted to the register's type
  store,     // writes operands[0] to operand `immediate`: `convert` to its computing type, then `wrap` to its dtype
  constant,  // bits of `immediate`, read as the register's type
  number,    // bits of the launch's number `immediate`, read as the register's type
  index,     // the element offset of operand `immediate` at this point (an operand without memory)
  convert,   // C conversion between register types; float to integer truncates and saturates (NaN: 0); to boolean: != 0
  wrap,      // brings an integer to the width of dtype `immediate` (two's complement), or a float to a 16-bit float's precision
  bitcast,   // the same bits, same width
  // Arithmetic. Integer division and remainder by zero give 0 and 0 (never a trap); shifts take the count modulo the width.
  // min, max: NaN if either is NaN; of equals (the zeros) the second.
  add,
  sub,
  mul,
  div,
  rem,
  neg,
  abs,
  min,
  max,
  fma,  // div: truncates for integers; rem: sign of the dividend (fmod); fma: a*b+c, one rounding
  sqrt,
  floor,
  ceil,
  round,
  trunc,  // round: to nearest, ties to even
  bit_and,
  bit_or,
  bit_xor,
  bit_not,
  shift_left,
  shift_right,
  // Comparisons give booleans; unordered: false, but `ne` is true.
  eq,
  ne,
  lt,
  le,
  gt,
  ge,
  select,  // operands[0] ? operands[1] : operands[2]
  // Functions: in float32 exp, log, tanh, erf, sin, cos, pow are expansions into the above (math/); the others, and all in
  // float64, are calls of the C library (CUDA's own on a GPU).
  exp,
  expm1,
  log,
  log1p,
  log2,
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  sinh,
  cosh,
  tanh,
  asinh,
  acosh,
  atanh,
  erf,
  erfc,
  erf_inv,
  pow,
  atan2,
  lgamma,
  digamma,
  gammainc,         // P(operands[0], operands[1])
  gammainc_grad_a,  // its derivative with respect to operands[0]
  // Random: word `operands[0]` (u64 index) of the Philox 4x32-10 stream of key (operands[1], operands[2]) (u32): a u32. Word i
  // is result i % 4 of the counter (i / 4, its upper half, 0, 0).
  philox,
  // Reductions over the reduced loops, in an order that depends on extents only (which decides what the maximum of 0 and -0 is)
  reduce,  // ReduceKind in `immediate`; argmax and argmin give the position (i32) among the reduced loops, the first on ties, NaN wins
};
std::string_view name_of(Prim prim);
std::string_view name_of(RegisterType type);
int operand_count(Prim prim);

using RegisterId = uint16_t;
inline constexpr RegisterId kNoRegister = 0xffff;

struct Instruction {
  Prim prim;
  RegisterType type;  // of the result (of the value stored, for a store)
  Space space;
  RegisterId result = kNoRegister;
  std::array<RegisterId, 3> operands{kNoRegister, kNoRegister, kNoRegister};
  uint64_t immediate = 0;
  friend bool operator==(const Instruction&, const Instruction&) = default;
};

enum class Access : uint8_t {
  scalar,      // one element
  contiguous,  // dense over all loops: the innermost stride is 1 and the loops collapse
  strided,     // anything else: one stride a loop
  index,       // no memory: its offset is its value
};

struct KernelOperand {
  DType dtype;
  Space space;  // stores to a kept operand happen once for each kept point
  Access access;
  bool output = false;
  friend bool operator==(const KernelOperand&, const KernelOperand&) = default;
};

enum class Loop : uint8_t { kept, reduced };

struct KernelProgram {
  std::vector<KernelOperand> operands;  // inputs first, then outputs
  std::vector<Loop> loops;              // outermost first, after merging neighbours that all operands walk alike
  std::vector<Instruction> code;
  std::vector<RegisterType> registers;
  std::vector<Space> spaces;  // of each register

  int inputs() const;
  bool reduces() const;
  // The phase of each instruction: 0 for uniform and the first pass over the reduced loops, one more after each wait for a
  // reduction.
  std::vector<int> phases() const;
  uint64_t key() const;  // of all the above: two launches of equal keys share their code
  std::string text() const;
  friend bool operator==(const KernelProgram&, const KernelProgram&) = default;
};

// The numbers that a program is launched with. One program may be launched over several segments at once (the optimizer's
// update of all variables): each has its own extents and addresses.
struct LaunchOperand {
  int64_t offset = 0;            // elements
  std::vector<int64_t> strides;  // one a loop, elements; those of the reduced loops are 0 for a kept operand
};
struct Launch {
  std::vector<int64_t> extents;  // one a loop
  std::vector<LaunchOperand> operands;
  std::vector<uint64_t> numbers;  // bits
};

// A register while a program is being written. The type is the computing type of its dtype (float16 -> f32, int8 -> i32).
struct Register {
  RegisterId id = kNoRegister;
  DType dtype;  // the tensor-level type: results of narrow types are wrapped to it
};

RegisterType computing_type(DType dtype);
// The bits of a register that holds `value`, rounded to the dtype.
uint64_t register_bits(double value, DType dtype);

// Appends instructions, and numbers to the launch. Equal instructions are merged. The space of a result is the widest of its operands'.
class KernelBuilder {
 public:
  KernelBuilder(KernelProgram& program, Launch& launch) : program_(program), launch_(launch) {}

  Register load(int operand, DType dtype, Space space);
  void store(int operand, Register value);
  Register constant(double value, DType dtype);
  Register constant_bits(uint64_t bits, DType dtype);
  // A number of the graph (a batch's 1/N, a rate): programs that differ in it share their code.
  Register number_bits(uint64_t bits, DType dtype);
  Register index(int operand, DType dtype, Space space);
  Register convert(Register value, DType dtype);
  // A 16-bit float is computed in float32 within one op and rounded where the op ends, so that fusing changes no number.
  Register round_to_dtype(Register value);
  Register bitcast(Register value, DType dtype);
  // Any arithmetic, comparison or function; operands share a dtype. Comparisons give bool.
  Register op(Prim prim, Register a, Register b = {}, Register c = {});
  Register select(Register condition, Register if_true, Register if_false);
  Register reduce(ReduceKind kind, Register value, DType result);

  // Shorthands, in the words of formulas.
  Register add(Register a, Register b) { return op(Prim::add, a, b); }
  Register sub(Register a, Register b) { return op(Prim::sub, a, b); }
  Register mul(Register a, Register b) { return op(Prim::mul, a, b); }
  Register div(Register a, Register b) { return op(Prim::div, a, b); }
  Register like(Register a, double value) { return constant(value, a.dtype); }

 private:
  Register append(Instruction instruction, DType dtype);
  Space space_of(Register r) const { return program_.spaces[r.id]; }
  KernelProgram& program_;
  Launch& launch_;
};

}  // namespace cornu::ir

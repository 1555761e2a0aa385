#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "cornu/ir/kernel_program.h"

namespace cornu::codegen {

// Where a launch's numbers stand in its block of words.
struct CudaLayout {
  explicit CudaLayout(const ir::KernelProgram& program) : loops(program.loops.size()), operands(program.operands.size()) {
    for (const ir::Instruction& i : program.code)
      if (i.prim == ir::Prim::number) numbers = std::max<std::size_t>(numbers, i.immediate + 1);
  }
  std::size_t points() const { return 0; }   // of the kept loops
  std::size_t reduced() const { return 1; }  // of the reduced ones
  std::size_t status() const { return 2; }   // where the status word is that stops it, or 0
  std::size_t scratch() const { return 3; }
  std::size_t parts() const { return 4; }
  std::size_t extent(std::size_t loop) const { return 5 + loop; }
  std::size_t address(std::size_t operand) const { return extent(loops) + operand * (1 + loops); }
  std::size_t stride(std::size_t operand, std::size_t loop) const { return address(operand) + 1 + loop; }
  std::size_t number(std::size_t i) const { return address(operands) + i; }
  std::size_t words() const { return number(numbers); }

  std::size_t loops, operands, numbers = 0;
};

// Whether points know nothing of each other. A reduction over no loop is none, but is written as one.
inline bool is_pointwise(const ir::KernelProgram& program) {
  return !program.reduces() && std::ranges::find(program.code, ir::Prim::reduce, &ir::Instruction::prim) == program.code.end();
}

inline bool is_kept_store(const ir::Instruction& i) { return i.prim == ir::Prim::store && i.space != ir::Space::full; }
inline int phase_count(const std::vector<int>& phases) { return phases.empty() ? 1 : 1 + *std::ranges::max_element(phases); }

// Words that a launch can carry: parameters of 4 KiB, of which the number of the launch is one.
inline constexpr std::size_t kMostWords = 511;
inline constexpr unsigned kCudaBlock = 256, kCudaWarp = 32;  // threads
// What a part finds of one reduction at one kept point takes so many bytes in scratch, whatever its type.
inline constexpr std::size_t kPartialBytes = 16;

}  // namespace cornu::codegen

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cornu/ir/kernel_program.h"
#include "cornu/target/target.h"

namespace cornu::codegen {

// Who works on one kept point: a thread, which walks the reduced loops alone; the lanes of a warp; or a column of a block's threads,
// which are a tile: kept points beside each other, reduced ones above each other.
enum class Team : uint8_t { thread, warp, tile };

// How a thread that works on neighbours of the innermost loop finds them in an operand: anywhere, as one aligned piece of memory, or as
// one element for all.
enum class Reach : uint8_t { apart, together, still };

// What is fixed in a text beyond its program. Which one a launch gets depends on its numbers and addresses; that there are few of a
// program is what keeps a new batch size from compiling anything.
struct CudaForm {
  Team team = Team::thread;
  bool is_wide = false;  // points are counted in 64 bits
  // Of tiles: the reduced loops are cut into parts for many blocks. What a part finds goes to scratch; the launches behind it read that
  // in the order of the parts.
  bool is_split = false;
  // Several segments have their words in a table in memory; one alone is launched with them, which costs no load.
  bool has_table = false;
  int neighbours = 1;          // points of the innermost loop that a thread works on at once
  std::vector<Reach> reaches;  // of each operand, if these are several
  friend bool operator==(const CudaForm&, const CudaForm&) = default;
};
// What suits a launch over segments on a card. `addresses` are those of element 0 of all segments' operands that have memory.
CudaForm cuda_form(const ir::KernelProgram& program, const std::vector<ir::Launch>& segments,
                   const std::vector<uint64_t>& addresses, const CudaProperties& card);

// A kernel program as CUDA C++. The kernel takes its words (cuda_words), or a pointer to one block of them a segment, and the number of
// its launch.
std::string cuda_kernel(const ir::KernelProgram& program, const CudaForm& form);
// The kernel's name in its text: "k_0123456789abcdef_warp". Equal names have equal texts.
std::string cuda_name(const ir::KernelProgram& program, const CudaForm& form);
// What stands once in front of any number of kernels. No text includes anything.
std::string cuda_prologue();

// A dtype's elements in memory, in the words of the prologue: "float", "bfloat16_t".
std::string cuda_type(DType dtype);

// One launch: the grid's first dimension are kept points, the second segments, the third parts.
struct CudaGrid {
  unsigned blocks = 1, parts = 1;
  unsigned width = 1, height = 1;  // of a block
};
// The launches of a run. With parts there is one for each phase, and one for what is kept: none writes what its other parts read.
std::vector<CudaGrid> cuda_grids(const ir::KernelProgram& program, const std::vector<ir::Launch>& segments, const CudaForm& form,
                                 const CudaProperties& card);
// For what parts find of one segment.
std::size_t cuda_scratch(const ir::KernelProgram& program, const ir::Launch& launch, const CudaForm& form, unsigned parts);

// The numbers of one segment's launch as the text reads them.
struct CudaMemory {
  std::vector<uint64_t> addresses;  // of element 0 of the operands that have memory
  uint64_t scratch = 0;
  uint64_t status = 0;  // of the status word (ir::CardStatus) that stops the launch while it is set, or 0
};
std::vector<uint64_t> cuda_words(const ir::KernelProgram& program, const ir::Launch& launch, unsigned parts,
                                 const CudaMemory& memory);

}  // namespace cornu::codegen

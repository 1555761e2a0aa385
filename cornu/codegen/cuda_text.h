#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cornu/ir/kernel_program.h"
#include "cornu/target/target.h"

namespace cornu::codegen {

// Who works on one kept point: a thread, which walks the reduced loops alone, or the lanes of a warp or a block together.
enum class Team : uint8_t { thread, warp, block };

// What is fixed in a text beyond its program.
struct CudaForm {
  Team team = Team::thread;
  bool is_wide = false;  // points are counted in 64 bits
  friend bool operator==(const CudaForm&, const CudaForm&) = default;
};
// What suits a launch on a card.
CudaForm cuda_form(const ir::KernelProgram& program, const ir::Launch& launch);

// A kernel program as CUDA C++. The kernel takes a pointer to one block of words a segment (cuda_words) and is launched over cuda_grid.
std::string cuda_kernel(const ir::KernelProgram& program, const CudaForm& form);
// The kernel's name in its text: "k_0123456789abcdef_warp". Equal names have equal texts.
std::string cuda_name(const ir::KernelProgram& program, const CudaForm& form);
// What stands once in front of any number of kernels. No text includes anything.
std::string cuda_prologue();

// A dtype's elements in memory, in the words of the prologue: "float", "bfloat16_t".
std::string cuda_type(DType dtype);

// The numbers of a launch as the text reads them. `addresses` are those of element 0 of the operands that have memory; `status` is
// that of the status word (ir::CardStatus) that stops the launch while it is set, or 0.
std::vector<uint64_t> cuda_words(const ir::KernelProgram& program, const ir::Launch& launch,
                                 const std::vector<uint64_t>& addresses, uint64_t status = 0);

struct CudaGrid {
  unsigned blocks = 1, threads = 1;
};
// For one segment; several stand side by side in the grid's second dimension.
CudaGrid cuda_grid(const ir::KernelProgram& program, const ir::Launch& launch, const CudaForm& form, const CudaProperties& card);

}  // namespace cornu::codegen

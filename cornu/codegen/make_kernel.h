#pragma once

#include <memory>
#include <vector>

#include "cornu/ir/kernel_program.h"
#include "cornu/ir/lowering.h"

namespace cornu::codegen {

// A kernel program, launched over one or more segments, as code for a target. Operands of the kernel: for each segment in turn
// those of the program that have memory, inputs first.
std::unique_ptr<ir::Kernel> make_kernel(std::shared_ptr<const ir::KernelProgram> program, std::vector<ir::Launch> segments,
                                        const Target& target);

// Copies so many bytes from its input to its output.
std::unique_ptr<ir::Kernel> make_copy(int64_t bytes, const Target& target);

// How a backend makes them for its kind of target: it says so while the library is loaded.
struct KernelMakers {
  std::unique_ptr<ir::Kernel> (*program)(std::shared_ptr<const ir::KernelProgram> program, std::vector<ir::Launch> segments,
                                         const Target& target) = nullptr;
  std::unique_ptr<ir::Kernel> (*copy)(int64_t bytes, const Target& target) = nullptr;
};
bool register_kernel_makers(TargetKind kind, KernelMakers makers);

}  // namespace cornu::codegen

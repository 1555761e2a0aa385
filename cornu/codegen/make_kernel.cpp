#include "cornu/codegen/make_kernel.h"

#include "cornu/codegen/interpreter.h"

namespace cornu::codegen {

std::unique_ptr<ir::Kernel> make_kernel(std::shared_ptr<const ir::KernelProgram> program, std::vector<ir::Launch> segments,
                                        const Target& target) {
  if (target.kind == TargetKind::cpu) return interpret(std::move(program), std::move(segments), target.cpu.isa);
  throw error<NotImplementedError>("Kernel programs for the target '{}' are not generated yet; the CPU's are.", target.name);
}

}  // namespace cornu::codegen

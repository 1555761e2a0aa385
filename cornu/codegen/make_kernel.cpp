#include "cornu/codegen/make_kernel.h"

#include <cstring>
#include <map>

#include "cornu/codegen/interpreter.h"

namespace cornu::codegen {
namespace {

std::unique_ptr<ir::Kernel> interpreted(std::shared_ptr<const ir::KernelProgram> program, std::vector<ir::Launch> segments,
                                        const Target& target) {
  return interpret(std::move(program), std::move(segments), target.cpu.isa);
}

std::unique_ptr<ir::Kernel> host_copy(int64_t bytes, const Target&) {
  return ir::function_kernel("copy", [bytes](const ir::KernelCall& call) {
    std::memcpy(call.operands[1], call.operands[0], static_cast<std::size_t>(bytes));
  });
}

// A function's static, so that it is there whichever file's registration runs first.
std::map<TargetKind, KernelMakers>& registered() {
  static std::map<TargetKind, KernelMakers> makers{{TargetKind::cpu, {interpreted, host_copy}}};
  return makers;
}

const KernelMakers& makers_of(const Target& target) {
  const auto found = registered().find(target.kind);
  if (found == registered().end())
    throw error<NotImplementedError>("This build of Cornu makes no kernels for the target '{}'.", target.name);
  return found->second;
}

}  // namespace

bool register_kernel_makers(TargetKind kind, KernelMakers makers) { return registered().emplace(kind, makers).second; }

std::unique_ptr<ir::Kernel> make_kernel(std::shared_ptr<const ir::KernelProgram> program, std::vector<ir::Launch> segments,
                                        const Target& target) {
  return makers_of(target).program(std::move(program), std::move(segments), target);
}

std::unique_ptr<ir::Kernel> make_copy(int64_t bytes, const Target& target) { return makers_of(target).copy(bytes, target); }

}  // namespace cornu::codegen

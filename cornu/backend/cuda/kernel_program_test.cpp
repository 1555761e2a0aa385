// Kernel programs as CUDA text, on the virtual GPU (or with CORNU_TEST_GPU=real on this machine's own), against their definition.
#include <gtest/gtest.h>

#include <chrono>

#include "cornu/backend/cuda/calls.h"
#include "cornu/backend/cuda/device_target.h"
#include "cornu/backend/cuda/kernel.h"
#include "cornu/backend/cuda/nvrtc.h"
#include "cornu/base/threads.h"
#include "cornu/codegen/cuda_text.h"
#include "cornu/codegen/program_oracle.h"
#include "cornu/codegen/random_program.h"
#include "cornu/device/config.h"
#include "cornu/device/context.h"
#include "tests/gpu_test.h"

namespace cornu::cuda {
namespace {

using codegen::Case;
using codegen::CudaForm;
using codegen::Memory;
using codegen::Team;
using devices::Allocator;

class KernelProgramOnGpu : public GpuTest {
 protected:
  // Copies memory to the card, runs the kernel there, and copies it back.
  void run(const Case& c, const CudaForm& form, const Module& module, Memory& memory) {
    std::vector<Allocator::Piece> pieces;
    std::vector<uint64_t> addresses;
    for (const auto& bytes : memory) {
      pieces.push_back(card().allocate(bytes.size(), "operand"));
      addresses.push_back(pieces.back().address());
      CORNU_DRIVER_CALL(cuMemcpyHtoDAsync_v2, addresses.back(), bytes.data(), bytes.size(), stream().handle());
    }
    const auto words = codegen::cuda_words(*c.program, c.launch, addresses);
    const auto table = card().allocate(words.size() * 8, "words");
    CORNU_DRIVER_CALL(cuMemcpyHtoDAsync_v2, table.address(), words.data(), words.size() * 8, stream().handle());
    const auto grid = codegen::cuda_grid(*c.program, c.launch, form, device_target(0).cuda);
    launch(module.find(codegen::cuda_name(*c.program, form).c_str()), {grid.blocks, grid.threads}, stream(), table.address());
    for (std::size_t i = 0; i < memory.size(); ++i)
      CORNU_DRIVER_CALL(cuMemcpyDtoHAsync_v2, memory[i].data(), addresses[i], memory[i].size(), stream().handle());
    stream().wait();
  }

  void fuzz(uint32_t first, uint32_t last) {
    std::vector<Case> cases;
    std::string text = codegen::cuda_prologue();
    for (uint32_t seed = first; seed < last; ++seed) {
      cases.push_back(codegen::RandomCase(seed).make());
      for (const Team team : {Team::thread, Team::warp, Team::block}) text += codegen::cuda_kernel(*cases.back().program, {team});
    }
    const Module module(gpu(), compile(text, architecture()));
    for (uint32_t seed = first; seed < last && !HasFailure(); ++seed) {
      const Case& c = cases[seed - first];
      Memory expected = codegen::random_memory(c, seed);
      const Memory fresh = expected;
      {
        FlushDenormals flush;
        codegen::evaluate_slowly(*c.program, c.launch, codegen::addresses(expected));
      }
      for (const Team team : {Team::thread, Team::warp, Team::block, Team::block, Team::warp, Team::thread}) {
        Memory memory = fresh;
        SCOPED_TRACE(fmt::format("seed {}, team {}", seed, int(team)));
        run(c, {team}, module, memory);  // on the virtual GPU each launch in another order of threads than the one before
        codegen::expect_equal(c, memory, expected, fmt::format("seed {}, team {}", seed, int(team)));
      }
    }
  }
};

TEST_F(KernelProgramOnGpu, RandomProgramsEqualTheirDefinition) { fuzz(0, 40); }

}  // namespace
}  // namespace cornu::cuda

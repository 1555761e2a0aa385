// Kernel programs as CUDA text, on the virtual GPU (or with CORNU_TEST_GPU=real on this machine's own), against their definition.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <span>

#include "cornu/backend/cuda/device/device_target.h"
#include "cornu/backend/cuda/kernel/generated_kernel.h"
#include "cornu/backend/cuda/kernel/kernel.h"
#include "cornu/backend/cuda/library/calls.h"
#include "cornu/backend/cuda/library/nvrtc.h"
#include "cornu/base/threads.h"
#include "cornu/codegen/cuda_layout.h"
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
  void run(const Case& c, const LaunchPlan& plan, const Module& module, Memory& memory) {
    std::vector<Allocator::Piece> pieces;
    codegen::CudaMemory on_card;
    for (const auto& bytes : memory) {
      pieces.push_back(card().allocate(bytes.size(), "operand"));
      on_card.addresses.push_back(pieces.back().address());
      CORNU_DRIVER_CALL(cuMemcpyHtoDAsync_v2, on_card.addresses.back(), bytes.data(), bytes.size(), stream().handle());
    }
    const auto scratch =
        card().allocate(codegen::cuda_scratch(*c.program, c.launch, plan.form, plan.grids[0].parts) + 1, "scratch");
    on_card.scratch = scratch.address();
    const auto words = codegen::cuda_words(*c.program, c.launch, plan.grids[0].parts, on_card);
    const auto table = card().allocate(words.size() * 8, "words");
    CORNU_DRIVER_CALL(cuMemcpyHtoDAsync_v2, table.address(), words.data(), words.size() * 8, stream().handle());
    launch_program(module.find(codegen::cuda_name(*c.program, plan.form).c_str()), plan, 1, stream(), words, table.address());
    for (std::size_t i = 0; i < memory.size(); ++i)
      CORNU_DRIVER_CALL(cuMemcpyDtoHAsync_v2, memory[i].data(), on_card.addresses[i], memory[i].size(), stream().handle());
    stream().wait();
  }

  // A form with a grid for it; a tile of another width, with so few of them that they go round, and parts, where they are given.
  LaunchPlan planned(const Case& c, const CudaForm& form, unsigned width = 0, unsigned parts = 1) {
    LaunchPlan plan{form, codegen::cuda_grids(*c.program, {c.launch}, form, device_target(0).cuda)};
    if (width == 0) return plan;
    const int phases = codegen::phase_count(c.program->phases());
    for (codegen::CudaGrid& grid : std::span(plan.grids).first(form.is_split ? static_cast<std::size_t>(phases) : 1))
      grid = {.blocks = (grid.blocks + 1) / 2, .parts = parts, .width = width, .height = codegen::kCudaBlock / width};
    return plan;
  }
  // Every way to run a program. The one that a launch gets is among them. Blocks of one column are many where many points are kept.
  std::vector<LaunchPlan> all_plans(const Case& c) {
    std::vector<LaunchPlan> plans{planned(c, {}), planned(c, {.has_table = true})};
    if (const CudaForm form = form_of(c); form.neighbours > 1) plans.push_back(planned(c, form));
    if (codegen::is_pointwise(*c.program)) return plans;
    int64_t kept = 1;
    for (std::size_t l = 0; l < c.launch.extents.size(); ++l)
      if (c.program->loops[l] == ir::Loop::kept) kept *= c.launch.extents[l];
    const unsigned narrow = kept <= 100 ? 1 : kept <= 3000 ? 8 : 32;
    const CudaForm tile{.team = Team::tile}, split{.team = Team::tile, .is_split = true};
    for (const LaunchPlan& plan :
         {planned(c, {.team = Team::warp}), planned(c, tile, narrow), planned(c, split, narrow, 3), planned(c, split, 32, 2)})
      plans.push_back(plan);
    return plans;
  }
  // On a card that no launch is too small for.
  static CudaForm form_of(const Case& c) {
    CudaProperties card;
    card.multiprocessors = 0;
    const auto memories = std::ranges::count_if(c.program->operands, [](const auto& o) { return o.access != ir::Access::index; });
    return codegen::cuda_form(*c.program, {c.launch}, std::vector<uint64_t>(static_cast<std::size_t>(memories)), card);
  }

  // How many of the cases take packs of neighbours.
  int expect_definition(const std::vector<Case>& cases) {
    std::string text = codegen::cuda_prologue();
    std::set<std::string> names;
    for (const Case& c : cases)
      for (const LaunchPlan& plan : all_plans(c))
        if (names.insert(codegen::cuda_name(*c.program, plan.form)).second) text += codegen::cuda_kernel(*c.program, plan.form);
    const Module module(gpu(), compile(text, architecture()));
    int with_packs = 0;
    for (std::size_t i = 0; i < cases.size() && !HasFailure(); ++i) {
      const Case& c = cases[i];
      Memory expected = codegen::random_memory(c, static_cast<uint32_t>(i));
      const Memory fresh = expected;
      {
        FlushDenormals flush;
        codegen::evaluate_slowly(*c.program, c.launch, codegen::addresses(expected));
      }
      const auto expect = [&](const LaunchPlan& plan) {
        Memory memory = fresh;
        const std::string name = fmt::format("case {}, {}, {} x {}, {} parts", i, codegen::cuda_name(*c.program, plan.form),
                                             plan.grids[0].width, plan.grids[0].height, plan.grids[0].parts);
        SCOPED_TRACE(name);
        run(c, plan, module, memory);
        codegen::expect_equal(c, memory, expected, name);
      };
      // On the virtual GPU each launch has another order of threads than the one before: a plan is run in both.
      for (const LaunchPlan& plan : all_plans(c)) {
        expect(plan);
        if (plan.grids.size() % 2 == 0) expect(planned(c, {}));
        expect(plan);
        with_packs += plan.form.neighbours > 1;
      }
    }
    return with_packs;
  }
};

TEST_F(KernelProgramOnGpu, RandomProgramsEqualTheirDefinition) {
  std::vector<Case> cases;
  for (uint32_t seed = 0; seed < 40; ++seed) cases.push_back(codegen::RandomCase(seed).make());
  expect_definition(cases);
}

TEST_F(KernelProgramOnGpu, PointwiseProgramsEqualTheirDefinition) {
  std::vector<Case> cases;
  for (uint32_t seed = 0; seed < 30; ++seed) cases.push_back(codegen::RandomCase(seed).make_pointwise());
  EXPECT_GT(expect_definition(cases), 12);
}

}  // namespace
}  // namespace cornu::cuda

#include "cornu/codegen/cuda_text.h"

#include <gtest/gtest.h>

#include "cornu/backend/cuda/kernel.h"
#include "cornu/backend/cuda/nvrtc.h"
#include "cornu/codegen/random_program.h"

namespace cornu::codegen {
namespace {

TEST(CudaText, KernelsIncludeNothingAndHaveTheirNames) {
  const Case c = RandomCase(1).make();
  EXPECT_EQ(cuda_prologue().find("#include"), std::string::npos);
  for (const Team team : {Team::thread, Team::warp, Team::block})
    EXPECT_NE(cuda_kernel(*c.program, {team}).find(cuda_name(*c.program, {team}) + "("), std::string::npos);
  EXPECT_NE(cuda_name(*c.program, {}), cuda_name(*c.program, {.is_wide = true}));
}

TEST(CudaText, AFormSuitsItsLaunch) {
  KernelProgram rows;
  rows.loops = {Loop::kept, Loop::reduced};
  EXPECT_EQ(cuda_form(rows, {.extents = {32, 128}}).team, Team::warp);
  EXPECT_EQ(cuda_form(rows, {.extents = {32, 4096}}).team, Team::block);
  EXPECT_EQ(cuda_form(rows, {.extents = {32, 4}}).team, Team::thread);
  KernelProgram columns;
  columns.loops = {Loop::reduced, Loop::kept};
  EXPECT_EQ(cuda_form(columns, {.extents = {64, 8192}}).team, Team::thread);
  EXPECT_EQ(cuda_form(columns, {.extents = {64, 8}}).team, Team::warp);
  EXPECT_TRUE(cuda_form(columns, {.extents = {1, int64_t{1} << 31}}).is_wide);
}

// The real compiler, where there is one.
TEST(CudaText, NvrtcCompilesItForEveryArchitecture) {
  if (const std::string& problem = cuda::opened<cuda::Nvrtc>().problem; !problem.empty()) GTEST_SKIP() << problem;
  std::string text = cuda_prologue();
  for (uint32_t seed = 0; seed < 4; ++seed)
    for (const CudaForm& form :
         {CudaForm{Team::thread}, CudaForm{Team::warp}, CudaForm{Team::block}, CudaForm{Team::thread, true}})
      text += cuda_kernel(*RandomCase(seed).make().program, form);
  for (const int architecture : {75, 80, 86, 89, 90, 100, 120})
    EXPECT_GT(cuda::compile(text, architecture).size(), 1000u) << architecture;
}

}  // namespace
}  // namespace cornu::codegen

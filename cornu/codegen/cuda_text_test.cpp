#include "cornu/codegen/cuda_text.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "cornu/backend/cuda/kernel/cubin.h"
#include "cornu/backend/cuda/kernel/kernel.h"
#include "cornu/backend/cuda/library/nvrtc.h"
#include "cornu/codegen/random_program.h"
#include "cornu/target/named.h"

namespace cornu::codegen {
namespace {

const CudaForm kForms[] = {{},
                           {.team = Team::warp},
                           {.team = Team::tile},
                           {.team = Team::tile, .is_split = true},
                           {.is_wide = true},
                           {.has_table = true},
                           {.team = Team::tile, .is_wide = true, .is_split = true}};

TEST(CudaText, KernelsIncludeNothingAndHaveTheirNames) {
  const Case c = RandomCase(1).make();
  EXPECT_EQ(cuda_prologue().find("#include"), std::string::npos);
  std::set<std::string> names;
  for (const CudaForm& form : kForms) {
    EXPECT_NE(cuda_kernel(*c.program, form).find(cuda_name(*c.program, form) + "("), std::string::npos);
    names.insert(cuda_name(*c.program, form));
  }
  EXPECT_EQ(names.size(), std::size(kForms));
}

class Forms : public ::testing::Test {
 protected:
  const CudaProperties card_ = target::named_card("h100").cuda;
  static KernelProgram reducing(std::vector<Loop> loops) {
    KernelProgram program;
    program.loops = std::move(loops);
    return program;
  }
  CudaForm form(const KernelProgram& program, std::vector<int64_t> extents) const {
    return cuda_form(program, {{.extents = std::move(extents)}}, {}, card_);
  }
  // x + b, b a row for all rows or one number for each row.
  CudaForm form_of_sum(std::vector<int64_t> extents, LaunchOperand second, DType dtype = float32, uint64_t address = 0) const {
    KernelProgram sum;
    sum.loops = {Loop::kept, Loop::kept};
    sum.operands = {{dtype, Space::full, Access::contiguous},
                    {dtype, Space::full, Access::strided},
                    {dtype, Space::full, Access::contiguous, true}};
    const LaunchOperand dense{0, {extents[1], 1}};
    return cuda_form(sum, {{.extents = extents, .operands = {dense, std::move(second), dense}}}, {0, 256, address}, card_);
  }
};

TEST_F(Forms, OfShortRowsAreAThreadsOfOthersAWarpsOrABlocks) {
  const KernelProgram rows = reducing({Loop::kept, Loop::reduced});
  EXPECT_EQ(form(rows, {32, 4}).team, Team::thread);
  EXPECT_EQ(form(rows, {32, 128}).team, Team::warp);
  EXPECT_EQ(form(rows, {32, 4096}).team, Team::tile);
  EXPECT_FALSE(form(rows, {32, 4096}).is_split);
}
TEST_F(Forms, OfColumnsAreTilesUntilTheyFillTheCard) {
  const KernelProgram columns = reducing({Loop::reduced, Loop::kept});
  EXPECT_EQ(form(columns, {64, 8}).team, Team::tile);
  EXPECT_FALSE(form(columns, {64, 8}).is_split);
  EXPECT_EQ(form(columns, {64, int64_t{1} << 20}).team, Team::thread);
  EXPECT_TRUE(form(columns, {1, int64_t{1} << 31}).is_wide);
}
TEST_F(Forms, OfLongReductionsHaveParts) {
  const KernelProgram rows = reducing({Loop::kept, Loop::reduced}), columns = reducing({Loop::reduced, Loop::kept});
  EXPECT_TRUE(form(rows, {1, 10'000'000}).is_split);
  EXPECT_TRUE(form(columns, {256 * 56 * 56, 64}).is_split);
  EXPECT_FALSE(form(rows, {1000, 100'000}).is_split);  // there is a block for each
  const CudaForm split = form(columns, {256 * 56 * 56, 64});
  const auto grids = cuda_grids(columns, {{.extents = {256 * 56 * 56, 64}}}, split, card_);
  EXPECT_EQ(grids[0].width, 32u);
  EXPECT_EQ(grids[0].blocks * grids[0].parts, 4u * 132u);
}

TEST_F(Forms, PacksAreSixteenBytes) {
  EXPECT_EQ(form_of_sum({1 << 16, 64}, {0, {0, 1}}).neighbours, 4);
  EXPECT_EQ(form_of_sum({1 << 16, 64}, {0, {0, 1}}, bfloat16).neighbours, 8);
  EXPECT_EQ(form_of_sum({1 << 16, 64}, {0, {0, 1}}, float64).neighbours, 2);
}
TEST_F(Forms, PacksNeedAlignedRowsAndEnoughOfThem) {
  const LaunchOperand row{0, {0, 1}};
  EXPECT_EQ(form_of_sum({1 << 16, 66}, row).neighbours, 1);              // a row ends in the middle of one
  EXPECT_EQ(form_of_sum({1 << 16, 64}, row, float32, 8).neighbours, 1);  // an address
  EXPECT_EQ(form_of_sum({1 << 16, 64}, {2, {0, 1}}).neighbours, 1);      // an offset
  EXPECT_EQ(form_of_sum({1 << 16, 64}, {0, {66, 1}}).neighbours, 1);     // the rows behind the first
  EXPECT_EQ(form_of_sum({64, 64}, row).neighbours, 1);                   // more threads are worth more than packs
  const CudaForm still = form_of_sum({1 << 16, 64}, {0, {1, 0}}), apart = form_of_sum({1 << 16, 64}, {0, {1, 1 << 16}});
  EXPECT_EQ(still.reaches, (std::vector{Reach::together, Reach::still, Reach::together}));
  EXPECT_EQ(apart.reaches, (std::vector{Reach::together, Reach::apart, Reach::together}));
}

// On a card that no launch is too small for, with memory on round addresses.
CudaForm form_of(const Case& c) {
  return cuda_form(*c.program, {c.launch}, std::vector<uint64_t>(c.program->operands.size()), {});
}

// The real compiler, where there is one.
TEST(CudaText, NvrtcCompilesItForEveryArchitecture) {
  if (const std::string& problem = cuda::opened<cuda::Nvrtc>().problem; !problem.empty()) GTEST_SKIP() << problem;
  std::string text = cuda_prologue();
  for (uint32_t seed = 0; seed < 4; ++seed)
    for (const CudaForm& form : kForms) text += cuda_kernel(*RandomCase(seed).make().program, form);
  for (uint32_t seed = 0; seed < 12; ++seed) {
    const Case c = RandomCase(seed).make_pointwise();
    if (const CudaForm form = form_of(c); form.neighbours > 1) text += cuda_kernel(*c.program, form);
  }
  for (const int architecture : {75, 80, 86, 89, 90, 100, 120})
    EXPECT_GT(cuda::compile(text, architecture).size(), 1000u) << architecture;
}

// What a thread holds of its neighbours is indexed by constants, so that no local memory is needed for it.
TEST(CudaText, PacksStayInRegisters) {
  if (const std::string& problem = cuda::opened<cuda::Nvrtc>().problem; !problem.empty()) GTEST_SKIP() << problem;
  std::string text = cuda_prologue();
  std::vector<std::pair<std::string, std::string>> pairs;
  for (uint32_t seed = 0; seed < 12; ++seed) {
    const Case c = RandomCase(seed).make_pointwise();
    const CudaForm form = form_of(c);
    if (form.neighbours == 1) continue;
    text += cuda_kernel(*c.program, {}) + cuda_kernel(*c.program, form);
    pairs.emplace_back(cuda_name(*c.program, {}), cuda_name(*c.program, form));
  }
  EXPECT_GT(pairs.size(), 3u);
  for (const int architecture : {75, 90}) {
    const std::string cubin = cuda::compile(text, architecture);
    if (!cuda::is_cubin(cubin)) GTEST_SKIP() << "this compiler is no card's";
    std::map<std::string, int64_t> stack;
    for (const cuda::CubinKernel& kernel : cuda::kernels_of(cubin)) stack[kernel.name] = kernel.stack_bytes;
    for (const auto& [point, pack] : pairs) EXPECT_LE(stack.at(pack), stack.at(point)) << pack << " for sm_" << architecture;
  }
}

}  // namespace
}  // namespace cornu::codegen

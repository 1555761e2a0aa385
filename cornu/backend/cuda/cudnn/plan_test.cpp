// Plans that are kept on disk: by real cuDNN for a card that is not here, and by the virtual GPU's.
#include "cornu/backend/cuda/cudnn/plan.h"

#include <filesystem>
#include <fstream>

#include "cornu/backend/cuda/cudnn/convolution.h"
#include "cornu/backend/cuda/device/device_target.h"
#include "cornu/target/named.h"
#include "tests/gpu_test.h"
#include "tests/temporary_folder.h"

namespace cornu::cuda {
namespace {

namespace fs = std::filesystem;

ConvolutionShape small_shape() {
  return {.batch = 2,
          .in_channels = 8,
          .out_channels = 16,
          .input = {6, 6},
          .kernel = {3, 3},
          .result = {4, 4},
          .windows = {{1, 1}, {0, 0}, {0, 0}, {1, 1}}};
}
constexpr CudnnPolicy kPolicy{.most_workspace = 4 << 20};

// How often cuDNN was asked to choose.
template <class F>
int64_t chosen_by(F call) {
  const int64_t before = cudnn_plans_chosen();
  call();
  return cudnn_plans_chosen() - before;
}

class PlanFolder {
 public:
  PlanFolder() { setenv("CORNU_CACHE_DIR", (folder_ / "cache").c_str(), 1); }
  std::vector<fs::path> files() const {
    std::vector<fs::path> all;
    for (const auto& entry : fs::directory_iterator(folder_ / "cache/plans")) all.push_back(entry.path());
    return all;
  }
  const fs::path path() const { return folder_ / "cache"; }

 private:
  const TemporaryFolder folder_;
};

class DescribedPlan : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (const auto& library = opened<Cudnn>(); !library.problem.empty()) GTEST_SKIP() << library.problem;
  }
  std::shared_ptr<const CudnnPlan> plan(const ConvolutionShape& shape) {
    return CudnnPlan::of(target::named_card(GetParam()).cuda, graph_of(shape), kPolicy);
  }
  PlanFolder folder_;
};

TEST_P(DescribedPlan, IsChosenOnceAMachine) {
  std::shared_ptr<const CudnnPlan> first, second;
  EXPECT_EQ(chosen_by([&] { first = plan(small_shape()); }), 1);
  EXPECT_EQ(chosen_by([&] { second = plan(small_shape()); }), 0);
  EXPECT_EQ(second->engine(), first->engine());
  EXPECT_EQ(second->workspace_bytes(), first->workspace_bytes());
  EXPECT_EQ(second->is_compiled(), first->is_compiled());
  ConvolutionShape other = small_shape();
  other.windows.strides = {1, 3};
  other.result = {4, 2};
  EXPECT_EQ(chosen_by([&] { plan(other); }), 1);
  EXPECT_EQ(folder_.files().size(), 2u);
}

// Whole, and of another card.
TEST_P(DescribedPlan, AForeignPlanIsChosenAnew) {
  const std::string here = GetParam(), other = here == "t4" ? "h100" : "t4";
  plan(small_shape());
  const fs::path file = folder_.files().at(0);
  CudnnPlan::of(target::named_card(other).cuda, graph_of(small_shape()), kPolicy);
  ASSERT_EQ(folder_.files().size(), 2u);
  for (const fs::path& each : folder_.files())
    if (each != file) fs::copy_file(each, file, fs::copy_options::overwrite_existing);
  EXPECT_EQ(chosen_by([&] { plan(small_shape()); }), 1);
  EXPECT_EQ(chosen_by([&] { plan(small_shape()); }), 0);
}

INSTANTIATE_TEST_SUITE_P(OnEachCard, DescribedPlan, ::testing::Values("t4", "a100", "rtx4090", "h100", "b200"),
                         [](const auto& card) { return std::string(card.param); });

class CudnnPlanTest : public GpuTest {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    if (IsSkipped()) return;
    folder_.emplace();
    runtime_.emplace(Gpu::at(0), card());
  }
  std::shared_ptr<const CudnnPlan> plan(const CudnnPolicy& policy = kPolicy) {
    return CudnnPlan::of(*runtime_, graph_of(small_shape()), policy);
  }
  // Ones times ones: each sum is that of 9 taps and 8 channels.
  void expect_to_run(const CudnnPlan& plan) {
    std::vector<devices::Allocator::Piece> pieces;
    std::vector<CUdeviceptr> operands;
    for (const std::size_t count : {2 * 36 * 8, 16 * 9 * 8, 2 * 16 * 16}) {
      const std::vector<float> ones(count, 1);
      operands.push_back(pieces.emplace_back(card().allocate(count * 4, "operand")).address());
      runtime_->copy_in(operands.back(), ones.data(), count * 4);
    }
    const auto workspace = card().allocate(plan.workspace_bytes(), "workspace");
    plan.run(runtime_->stream(), operands, workspace.address());
    for (const float sum : read(pieces.back(), 2 * 16 * 16, runtime_->stream())) ASSERT_EQ(sum, 72);
  }
  std::optional<PlanFolder> folder_;
  std::optional<Runtime> runtime_;
};

TEST_F(CudnnPlanTest, WhoAsksForTheSameGetsTheSame) {
  std::shared_ptr<const CudnnPlan> first;
  EXPECT_EQ(chosen_by([&] { first = plan(); }), 1);
  EXPECT_EQ(plan(), first);
  CudnnPolicy deterministic = kPolicy;
  deterministic.is_deterministic = true;
  EXPECT_EQ(chosen_by([&] { EXPECT_NE(plan(deterministic), first); }), 1);
}

TEST_F(CudnnPlanTest, ALaterProcessFindsItOnDisk) {
  EXPECT_EQ(chosen_by([&] { plan(); }), 1);  // nobody holds it
  EXPECT_EQ(chosen_by([&] { expect_to_run(*plan()); }), 0);
  const fs::path file = folder_->files().at(0);
  for (const auto& damage : {std::string("half"), std::string(), std::string(5000, 'x')}) {
    std::ofstream(file) << damage;
    EXPECT_EQ(chosen_by([&] { expect_to_run(*plan()); }), 1);
    EXPECT_EQ(chosen_by([&] { plan(); }), 0);
  }
}

TEST_F(CudnnPlanTest, WorksWithoutAFolder) {
  setenv("CORNU_CACHE_DIR", "/proc/none", 1);
  EXPECT_EQ(chosen_by([&] { expect_to_run(*plan()); }), 1);
  EXPECT_EQ(chosen_by([&] { expect_to_run(*plan()); }), 1);
}

TEST_F(CudnnPlanTest, WhatIsCompiledForACardServesWhereItIs) {
  CudnnPlan::of(device_target(0).cuda, graph_of(small_shape()), kPolicy);
  EXPECT_EQ(chosen_by([&] { expect_to_run(*plan()); }), 0);
}

TEST_F(CudnnPlanTest, TheFastestIsTriedOnceAMachine) {
  CudnnPolicy timed = kPolicy;
  timed.is_timed = true;
  EXPECT_EQ(chosen_by([&] { expect_to_run(*plan(timed)); }), 1);
  EXPECT_EQ(chosen_by([&] { expect_to_run(*plan(timed)); }), 0);
  EXPECT_EQ(chosen_by([&] { expect_to_run(*plan()); }), 1);
}

}  // namespace
}  // namespace cornu::cuda

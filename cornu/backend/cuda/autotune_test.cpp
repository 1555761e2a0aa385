#include "cornu/backend/cuda/autotune.h"

#include "tests/gpu_test.h"

namespace cornu::cuda {
namespace {

class AutotuneTest : public GpuTest {
 protected:
  // A trial that fills its operand so many times.
  std::optional<std::size_t> fastest(const std::vector<int>& times, std::size_t bytes = 1 << 20) {
    Runtime runtime(Gpu::at(0), card());
    const auto fill = [&](std::size_t which, std::span<const CUdeviceptr> operands, CUdeviceptr) {
      if (times[which] == 0) throw error<DeviceError>("this one does not run");
      for (int i = 0; i < times[which]; ++i)
        CORNU_DRIVER_CALL(cuMemsetD8Async, operands[0], 1, std::size_t{1} << 20, runtime.stream().handle());
    };
    return fastest_of(times.size(), {{bytes}, 0, fill}, runtime);
  }
  void TearDown() override { unsetenv("CORNU_AUTOTUNE"); }
};

TEST_F(AutotuneTest, TakesWhatIsFastest) {
  EXPECT_EQ(fastest({50, 1, 20}), 1u);
  EXPECT_EQ(fastest({50, 0, 1}), 2u);
}

TEST_F(AutotuneTest, WithoutMemoryOrAnythingThatRunsNothingIsTaken) {
  EXPECT_EQ(fastest({1, 2}, std::size_t{1} << 40), std::nullopt);
  EXPECT_EQ(fastest({0}), std::nullopt);
}

TEST_F(AutotuneTest, IsASwitchThatDeterminismTurnsOff) {
  EXPECT_FALSE(is_autotuning({}));
  setenv("CORNU_AUTOTUNE", "1", 1);
  EXPECT_TRUE(is_autotuning({}));
  EXPECT_FALSE(is_autotuning({.is_deterministic = true}));
}

}  // namespace
}  // namespace cornu::cuda

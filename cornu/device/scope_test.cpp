#include "cornu/device/scope.h"

#include <gtest/gtest.h>

#include <thread>

#include "cornu/base/errors.h"
#include "cornu/device/config.h"
#include "cornu/device/fake_gpus.h"

namespace cornu {
namespace {

using devices::placement;
using devices::ScopedContext;

std::string refusal() {
  try {
    return placement().short_name();
  } catch (const ValueError& e) {
    return e.what();
  }
}

struct SoftPlacementOff {
  SoftPlacementOff() { config::set_soft_device_placement(false); }
  ~SoftPlacementOff() { config::set_soft_device_placement(true); }
};

TEST(DeviceScope, NestsAndMergesFields) {
  ScopedContext machine{devices::two_gpus()};
  EXPECT_EQ(placement().short_name(), "GPU:0");
  {
    auto outer = device("/GPU:1");
    EXPECT_EQ(placement().short_name(), "GPU:1");
    {
      auto inner = device("cpu:0");
      EXPECT_EQ(placement().short_name(), "CPU:0");
      auto type_only = device("GPU");
      EXPECT_EQ(placement().short_name(), "GPU:0");
    }
    auto nothing = device("");
    EXPECT_EQ(placement().short_name(), "GPU:1");
    auto forgotten = device(nullptr);
    EXPECT_EQ(placement().short_name(), "GPU:0");
  }
  EXPECT_EQ(placement().short_name(), "GPU:0");
  auto logical = device(config::list_logical_devices("GPU")[1]);
  EXPECT_EQ(placement().full_name(), "/job:localhost/replica:0/task:0/device:GPU:1");
  auto spec = device(DeviceSpec{.device_type = "CPU", .device_index = 0});
  EXPECT_EQ(placement().short_name(), "CPU:0");
}

TEST(DeviceScope, AGpuThatIsNotChosenIsUsedWhereItIsAskedFor) {
  ScopedContext machine{devices::with_idle_gpu()};
  EXPECT_EQ(config::list_logical_devices("GPU").size(), 1u);
  EXPECT_EQ(placement().short_name(), "CPU:0");
  {
    auto scope = device("/GPU:0");
    EXPECT_EQ(placement().short_name(), "GPU:0");
  }
  auto scope = device("/CPU:0");
  EXPECT_EQ(placement().short_name(), "CPU:0");
}

TEST(DeviceScope, EntryInitializesAndABadNameLeavesNoScope) {
  ScopedContext machine{devices::two_gpus()};
  EXPECT_THROW(std::ignore = device(config::list_physical_devices("GPU")[1].name), ValueError);
  EXPECT_FALSE(machine->initialized());
  auto scope = device("/CPU:0");
  EXPECT_TRUE(machine->initialized());
  try {
    config::set_visible_devices({}, "GPU");
    ADD_FAILURE();
  } catch (const RuntimeError& e) {
    EXPECT_NE(std::string(e.what()).find("initialized by a device scope"), std::string::npos);
  }
}

TEST(DeviceScope, BelongsToItsThread) {
  ScopedContext machine{devices::two_gpus()};
  auto scope = device("/CPU:0");
  std::string elsewhere;
  std::thread([&] { elsewhere = placement().short_name(); }).join();
  EXPECT_EQ(elsewhere, "GPU:0");
}

TEST(DeviceScope, SoftPlacementWarnsOnce) {
  ScopedContext machine{devices::with_gpus({{}})};
  auto scope = device("/GPU:7");
  testing::internal::CaptureStderr();
  EXPECT_EQ(placement().short_name(), "GPU:0");
  EXPECT_EQ(placement().short_name(), "GPU:0");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "cornu: requested GPU:7 does not exist (have GPU:0); running on GPU:0\n");
}

TEST(DeviceScope, SoftPlacementFallsBackToTheCpu) {
  ScopedContext machine{devices::cpu_only()};
  testing::internal::CaptureStderr();
  auto scope = device("GPU:3");
  EXPECT_EQ(placement().short_name(), "CPU:0");
  auto unknown = device("/device:FOO:0");
  EXPECT_EQ(placement().short_name(), "CPU:0");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "cornu: requested GPU:3 does not exist (have CPU:0); running on CPU:0\n"
            "cornu: requested FOO:0 does not exist (have CPU:0); running on CPU:0\n");
}

TEST(DeviceScope, SoftPlacementForgetsTheTypeThatWasAskedFor) {
  testing::internal::CaptureStderr();
  {
    ScopedContext machine{devices::two_gpus()};
    auto scope = device("/CPU:5");
    EXPECT_EQ(placement().short_name(), "GPU:0");
  }
  ScopedContext machine{devices::with_idle_gpu()};
  auto scope = device("/GPU:5");
  EXPECT_EQ(placement().short_name(), "CPU:0");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "cornu: requested CPU:5 does not exist (have CPU:0); running on GPU:0\n"
            "cornu: requested GPU:5 does not exist (have GPU:0); running on CPU:0\n");
}

TEST(DeviceScope, HardPlacementRefuses) {
  SoftPlacementOff off;
  ScopedContext machine{devices::with_gpus({{}})};
  auto scope = device("/GPU:7");
  EXPECT_EQ(refusal(),
            "Could not satisfy device specification '/job:localhost/replica:0/task:0/device:GPU:7'. "
            "enable_soft_placement=0. Supported "
            "device types [GPU, CPU]. All available devices [/job:localhost/replica:0/task:0/device:CPU:0, "
            "/job:localhost/replica:0/task:0/device:GPU:0].");
}

TEST(DeviceScope, OtherMachinesAreUnknown) {
  ScopedContext machine{devices::cpu_only()};
  auto scope = device("/job:w/CPU:0");
  EXPECT_EQ(refusal(), "/job:w/replica:0/task:0/device:CPU:0 unknown device.");
}

TEST(DeviceScope, PlacementIsLoggedOnRequest) {
  ScopedContext machine{devices::with_gpus({{}})};
  testing::internal::CaptureStderr();
  devices::log_placement("MatMul", placement());
  debugging::set_log_device_placement(true);
  devices::log_placement("MatMul", placement());
  debugging::set_log_device_placement(false);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "Executing op MatMul in device /job:localhost/replica:0/task:0/device:GPU:0\n");
}

}  // namespace
}  // namespace cornu

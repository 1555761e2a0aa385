#include <gtest/gtest.h>

#include "cornu/cornu.h"

// What `tf::device` and the switches of placement do to work: where a scope names a device that is not there, and what is logged.

namespace cornu {
namespace {

TEST(Placement, AScopeOfAMissingDeviceWarnsOnceOrRefusesTheWork) {
  const auto scope = device("/GPU:123");
  ::testing::internal::CaptureStderr();
  const Tensor two = Tensor(std::vector<float>{1}) + 1.0;
  EXPECT_EQ((two * 3.0).item<float>(), 6);
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("requested GPU:123 does not exist (have CPU:0"), std::string::npos) << said;
  EXPECT_EQ(said.find("requested"), said.rfind("requested")) << said;

  config::set_soft_device_placement(false);
  EXPECT_THROW(two + 1.0, ValueError);
  EXPECT_EQ(([&] {
              const auto here = device("/CPU:0");
              return (two + 1.0).item<float>();
            }()),
            3);
  config::set_soft_device_placement(true);
}

TEST(Placement, ProgramsAreLoggedWhereTheyRun) {
  const Tensor x(std::vector<float>{1, 2});
  ::testing::internal::CaptureStderr();
  debugging::set_log_device_placement(true);
  EXPECT_EQ(keras::ops::sum(x * x).item<float>(), 5);
  debugging::set_log_device_placement(false);
  keras::ops::sum(x * x).item<float>();
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_TRUE(said.starts_with("Executing op kernel program ")) << said;
  EXPECT_NE(said.find(" in device /job:localhost/replica:0/task:0/device:CPU:0\n"), std::string::npos) << said;
  EXPECT_EQ(said.find("Executing"), said.rfind("Executing")) << said;
}

}  // namespace
}  // namespace cornu

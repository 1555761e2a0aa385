#include "cornu/variable.h"

#include <gtest/gtest.h>

#include "cornu/base/errors.h"
#include "cornu/device/config.h"

namespace cornu {
namespace {

TEST(Tensor, OfAnImpossibleShapeIsRefused) {
  EXPECT_THROW(Tensor(std::vector<float>(6), Shape{-2, -3}), ValueError);
  EXPECT_THROW(Tensor(std::vector<float>{}, Shape{int64_t{1} << 62, 4}), ValueError);
}

TEST(Tensor, CountsInTheDevicesMemory) {
  const auto before = config::get_memory_info("CPU:0").current;
  {
    const Tensor million(std::vector<float>(1'000'000, 1.0f));
    EXPECT_GE(config::get_memory_info("CPU:0").current - before, 4'000'000);
  }
  EXPECT_EQ(config::get_memory_info("CPU:0").current, before);
  EXPECT_GE(config::get_memory_info("CPU:0").peak - before, 4'000'000);
}

TEST(Variable, TakesValuesOfItsShapeOnly) {
  const Variable v(float32, {3});
  EXPECT_THROW(v.assign(Tensor(std::vector<float>{5})), ValueError);
  EXPECT_THROW(v.assign(5.0), ValueError);
  v.assign(Tensor(std::vector<float>{5, 6, 7}));
  EXPECT_EQ(v.value().to_vector<float>(), (std::vector<float>{5, 6, 7}));
}

}  // namespace
}  // namespace cornu

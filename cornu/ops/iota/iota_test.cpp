#include "cornu/ops/iota/iota.h"

#include <gtest/gtest.h>

#include "tests/ops/op_samples.h"

namespace cornu::ops {
namespace {

CORNU_SAMPLES({
    {iota_op, ir::Attributes::of(IotaAttributes{int32, {2, 3}, 1}), {}},
    {iota_op, ir::Attributes::of(IotaAttributes{bfloat16, {2, 3}, 0}), {}},
    {iota_op, ir::Attributes::of(IotaAttributes{int64, {0}, 0}), {}},
})

TEST(Iota, CountsAlongItsAxis) {
  EXPECT_EQ(cornu::testing::evaluate(iota(int8, {2, 2}, 0)).values(), (std::vector<double>{0, 0, 1, 1}));
  EXPECT_EQ(cornu::testing::evaluate(iota(float32, {2, 2}, -1)).values(), (std::vector<double>{0, 1, 0, 1}));
}

}  // namespace
}  // namespace cornu::ops

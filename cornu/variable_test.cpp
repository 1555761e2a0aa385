#include "cornu/variable.h"

#include <gtest/gtest.h>

#include "cornu/base/errors.h"

namespace cornu {
namespace {

TEST(Tensor, OfAnImpossibleShapeIsRefused) {
  EXPECT_THROW(Tensor(std::vector<float>(6), Shape{-2, -3}), ValueError);
  EXPECT_THROW(Tensor(std::vector<float>{}, Shape{int64_t{1} << 62, 4}), ValueError);
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

#include "cornu/base/shape.h"

#include <gtest/gtest.h>

#include "cornu/base/errors.h"

namespace cornu {
namespace {

TEST(Shape, CountsElementsOrSaysWhyNot) {
  EXPECT_EQ((Shape{2, 3}).elements(), 6);
  EXPECT_EQ(Shape{}.elements(), 1);
  EXPECT_EQ((Shape{int64_t{1} << 40, 4, 0}).elements(), 0);
  EXPECT_EQ((Shape{Shape::kUnknown, 3}).elements(), Shape::kUnknown);
  EXPECT_THROW((Shape{-2, -3}).elements(), ValueError);
  EXPECT_THROW((Shape{int64_t{1} << 62, 4}).elements(), ValueError);
  EXPECT_THROW((Shape{int64_t{1} << 62, 4, 0}).elements(), ValueError);
  EXPECT_THROW((Shape{Shape::kUnknown, int64_t{1} << 62, 4}).elements(), ValueError);
  EXPECT_THROW((Shape{int64_t{1} << 62}).elements(), ValueError);
}

}  // namespace
}  // namespace cornu

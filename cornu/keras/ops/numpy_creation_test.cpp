#include <gtest/gtest.h>

#include "cornu/cornu.h"

namespace cornu::keras::ops {
namespace {

TEST(ConvertToTensor, KeepsOrConvertsTheDtype) {
  const Tensor x = convert_to_tensor(Tensor(std::vector<int32_t>{1, 2}));
  EXPECT_EQ(x.dtype(), int32);
  EXPECT_EQ(convert_to_tensor(x, float32).to_vector<float>(), (std::vector<float>{1, 2}));
}

TEST(EmptyLike, HasTheShapeAndTheDtype) {
  const Tensor x = empty_like(ones({2, 3}, float16));
  EXPECT_EQ(x.shape(), Shape({2, 3}));
  EXPECT_EQ(x.dtype(), float16);
  EXPECT_EQ(empty_like(x, int8).dtype(), int8);
}

TEST(Conjugate, OfARealNumberIsItself) {
  EXPECT_EQ(conjugate(full({2}, -1.5)).to_vector<float>(), (std::vector<float>{-1.5, -1.5}));
}

}  // namespace
}  // namespace cornu::keras::ops

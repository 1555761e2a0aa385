#include "cornu/base/dtype.h"

#include <gtest/gtest.h>

#include <cmath>

#include "cornu/base/errors.h"

namespace cornu {
namespace {

TEST(DType, PromotesAsKerasBeforeIts64To32BitStep) {
  EXPECT_EQ(result_type(int8, uint8), int16);
  EXPECT_EQ(result_type(int64, uint64), float32);
  EXPECT_EQ(result_type(float16, bfloat16), float32);
  EXPECT_EQ(result_type(float64, float64), float64);
  EXPECT_EQ(result_type(bool_, int8), int8);
  EXPECT_EQ(result_type(uint32, int32), int64);
  EXPECT_EQ(result_type(int64, float16), float16);
  const PromotionOperand with_number[] = {{int32}, {float32, true}};
  EXPECT_EQ(result_type(with_number), float32);
  const PromotionOperand half_and_number[] = {{bfloat16}, {float32, true}};
  EXPECT_EQ(result_type(half_and_number), bfloat16);
}

TEST(DType, NamesAreKnownInBothDirections) {
  for (DType dtype : all_dtypes()) EXPECT_EQ(dtype_from_name(dtype.name()), dtype);
  EXPECT_THROW(dtype_from_name("float8"), ValueError);
}

TEST(Float16, EveryValueSurvivesARoundTrip) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float half = detail::float_from_half(uint16_t(bits)), bfloat = detail::float_from_bfloat(uint16_t(bits));
    if (!std::isnan(half)) {
      EXPECT_EQ(detail::half_from_float(half), bits);
    }
    if (!std::isnan(bfloat)) {
      EXPECT_EQ(detail::bfloat_from_float(bfloat), bits);
    }
  }
  EXPECT_EQ(detail::half_from_float(65520.0f), 0x7c00);
  EXPECT_EQ(detail::half_from_float(65519.0f), 0x7bff);
}

}  // namespace
}  // namespace cornu

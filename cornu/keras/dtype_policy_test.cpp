#include <gtest/gtest.h>

#include "cornu/cornu.h"

namespace cornu::keras {
namespace {

// What a test changes of the process goes back.
class Config : public testing::Test {
 protected:
  void TearDown() override {
    config::set_floatx("float32");
    config::set_epsilon(1e-7);
    config::set_dtype_policy("float32");
  }
};

TEST_F(Config, FloatxIsTheTypeOfNewWeights) {
  config::set_floatx("float64");
  EXPECT_EQ(config::floatx(), float64);
  config::set_dtype_policy("float64");
  EXPECT_EQ(layers::Dense(2)(ops::ones({1, 3}, float64)).dtype(), float64);
  EXPECT_THROW(config::set_floatx("int32"), ValueError);
}

TEST_F(Config, EpsilonKeepsProbabilitiesFromZero) {
  config::set_epsilon(0.1);
  EXPECT_EQ(config::epsilon(), 0.1);
  const Tensor y = ops::ones({1}), p = ops::zeros({1});
  EXPECT_NEAR(ops::binary_crossentropy(y, p).item(), -std::log(0.1), 1e-6);
}

TEST_F(Config, ThePolicyIsThatOfNewLayers) {
  config::set_dtype_policy("mixed_bfloat16");
  const auto dense = layers::Dense(2);
  dense.build({{}, 3});
  EXPECT_EQ(dense->compute_dtype(), bfloat16);
  EXPECT_EQ(dense.weights()[0].dtype(), float32);
  EXPECT_EQ(config::dtype_policy().name(), "mixed_bfloat16");
  EXPECT_THROW(config::set_dtype_policy("mixed_float7"), ValueError);
}

}  // namespace
}  // namespace cornu::keras

#include "cornu/keras/utils/numerical_utils.h"

#include <gtest/gtest.h>

#include "cornu/base/errors.h"
#include "cornu/keras/layers/core/dense.h"

// Figures are real Keras's.

namespace cornu::keras::utils {
namespace {

using Floats = std::vector<float>;

TEST(NumericalUtils, ToCategorical) {
  const Tensor classes(std::vector<int32_t>{0, 2, 1});
  EXPECT_EQ(to_categorical(classes).to_vector<float>(), (Floats{1, 0, 0, 0, 0, 1, 0, 1, 0}));
  EXPECT_EQ(to_categorical(classes, 4).shape(), (Shape{3, 4}));
  EXPECT_EQ(to_categorical(Tensor(std::vector<int32_t>{0, 2, 1}, {3, 1})).shape(), (Shape{3, 3}));
  EXPECT_THROW(to_categorical(classes, 2), ValueError);
}

TEST(NumericalUtils, Normalize) {
  const Tensor x(Floats{3, 4, 0, 0}, {2, 2});
  EXPECT_EQ(normalize(x).to_vector<float>(), (Floats{0.6f, 0.8f, 0, 0}));
  EXPECT_EQ(normalize(x, 0).to_vector<float>(), (Floats{1, 1, 0, 0}));
  EXPECT_EQ(normalize(x, -1, 1).to_vector<float>(), (Floats{3.0f / 7, 4.0f / 7, 0, 0}));
}

TEST(NumericalUtils, ClearSessionCountsNamesAnew) {
  clear_session();
  const std::string first = layers::Dense(1).name();
  EXPECT_NE(layers::Dense(1).name(), first);
  clear_session();
  EXPECT_EQ(layers::Dense(1).name(), first);
}

}  // namespace
}  // namespace cornu::keras::utils

#include "cornu/keras/random/random.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::random {
namespace {

TEST(Shuffle, KeepsTheElementsOfALine) {
  const Tensor x = ops::reshape(ops::arange(600), {200, 3});
  const auto shuffled = shuffle(x, 0, 7).to_vector<int32_t>();
  EXPECT_NE(shuffled, x.to_vector<int32_t>());
  for (int column : {0, 1, 2}) {
    std::vector<int32_t> line;
    for (int row = 0; row < 200; ++row) line.push_back(shuffled[3 * row + column]);
    std::sort(line.begin(), line.end());
    for (int row = 0; row < 200; ++row) EXPECT_EQ(line[row], 3 * row + column);
  }
  EXPECT_EQ(shuffle(x, 0, 7).to_vector<int32_t>(), shuffled);
  EXPECT_NE(shuffle(x, 0, 8).to_vector<int32_t>(), shuffled);
  EXPECT_THROW(shuffle(x, 2), ValueError);
}

TEST(Shuffle, RowsStayWholeThroughIndices) {
  const Tensor x = ops::reshape(ops::arange(40), {20, 2});
  const auto rows = ops::take(x, shuffle(ops::arange(20), 0, 3), 0).to_vector<int32_t>();
  for (int row = 0; row < 20; ++row) EXPECT_EQ(rows[2 * row] + 1, rows[2 * row + 1]);
}

}  // namespace
}  // namespace cornu::keras::random

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "cornu/cornu.h"

namespace cornu::keras::random {
namespace {

TEST(TruncatedNormal, StaysWithinTwoDeviations) {
  const Tensor x = truncated_normal({20000}, 1.0, 2.0, float32, 5);
  EXPECT_GE(ops::min(x).item(), -3.0);
  EXPECT_LE(ops::max(x).item(), 5.0);
  EXPECT_NEAR(ops::mean(x).item(), 1.0, 0.05);
  EXPECT_NEAR(ops::std(x).item(), 2.0 * 0.8796, 0.05);
}

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

TEST(Random, DrawsWithoutASeedGoOnInTracedCallsAsTheyDoOutside) {
  const auto draw = [] { return uniform({3}).to_vector<float>(); };
  const Function traced = jit([](const TensorNest&) { return TensorNest(uniform({3})); });
  const auto draw_traced = [&] { return traced(TensorNest()).leaf().to_vector<float>(); };
  cornu::random::set_seed(5);
  const auto first = draw(), second = draw(), third = draw(), fourth = draw();
  EXPECT_NE(first, second);
  cornu::random::set_seed(5);
  EXPECT_EQ(draw_traced(), first);
  EXPECT_EQ(draw_traced(), second);
  EXPECT_EQ(draw(), third);
  EXPECT_EQ(draw_traced(), fourth);
  cornu::random::set_seed(6);
  EXPECT_NE(draw_traced(), first);
}

TEST(Random, DrawsWithoutASeedGoOnInALoop) {
  const auto drawn = ops::scan([](const Tensor& c, const Tensor&) { return std::pair(c, uniform({})); }, 0, ops::zeros({4}))
                         .second.to_vector<float>();
  EXPECT_EQ(std::set<float>(drawn.begin(), drawn.end()).size(), 4u);
}

class NoisyImpl : public ModelImpl {
 public:
  Logs train_step(const Batch& data) override { return {{"noise", ops::sum(normal({2})) + 0.0 * ops::sum(data.x.leaf())}}; }
};

TEST(Random, EveryTrainingStepHasItsOwnNoise) {
  for (const bool run_eagerly : {false, true}) {
    auto model = make<NoisyImpl>();
    model.compile({.optimizer = "sgd", .run_eagerly = run_eagerly});
    const auto noise = [&] { return model.train_on_batch(ops::ones({1}), ops::ones({1}))["noise"]; };
    cornu::random::set_seed(5);
    const double first = noise(), second = noise();
    EXPECT_NE(first, second);
    cornu::random::set_seed(5);
    EXPECT_EQ(noise(), first);
    EXPECT_EQ(noise(), second);
  }
}

}  // namespace
}  // namespace cornu::keras::random

// The worked examples of docs/map.md, taken from the page when CMake runs, do what the page says.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cornu/cornu.h"
#include "tests/map_examples.h"

namespace cornu {
namespace {

TEST(Map, TheOpRunsAndHasItsGradient) {
  const Tensor a(std::vector<float>{3, 5}), b(std::vector<float>{4, 12});
  const Tensor c(ops::triangle(a.value(), b.value()));
  EXPECT_EQ(c.to_vector<float>(), (std::vector<float>{5, 13}));
  const auto slopes =
      value_and_grad([](const std::vector<Tensor>& x) { return Tensor(ops::triangle(x[0].value(), x[1].value())); })({a, b});
  EXPECT_FLOAT_EQ(slopes.grads[1].to_vector<float>()[0], 0.8f);
}

TEST(Map, TheLayerTrainsAndHasItsConfig) {
  using namespace keras::layers;
  auto scale = Scale({.input_shape = {2}});
  auto model = keras::Sequential({scale});
  model.compile({.optimizer = keras::optimizers::SGD({.learning_rate = 0.5}), .loss = "mse"});
  const Tensor x(std::vector<float>{1, 1}, {1, 2}), y(std::vector<float>{3, 1}, {1, 2});
  model.train_on_batch(x, y);
  EXPECT_EQ(model.get_weights()[0].to_vector<float>(), (std::vector<float>{2, 1}));
  EXPECT_EQ(scale.get_config()["initializer"]["class_name"], "Ones");
}

}  // namespace
}  // namespace cornu

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cornu/cornu.h"

// Functions of keras.ops that take more than tensors, in a model: they stand in its config and are read back.

namespace cornu::keras {
namespace {

Tensor data() { return ops::reshape(ops::cast(ops::arange(48), float32), {2, 4, 6}) / 10.0; }

Model with(const std::function<Tensor(const Tensor&)>& f) {
  auto x = Input({4, 6});
  return Model({x}, f(x));
}

void expect_read_back(const std::function<Tensor(const Tensor&)>& f) {
  const Model model = with(f), again = models::model_from_json(model.to_json());
  const Tensor expected = f(data()), direct = model.predict(data(), {.verbose = 0}), read = again.predict(data(), {.verbose = 0});
  EXPECT_EQ(direct.shape(), expected.shape());
  EXPECT_EQ(direct.to_vector<float>(), expected.to_vector<float>());
  EXPECT_EQ(read.to_vector<float>(), expected.to_vector<float>());
  EXPECT_EQ(nlohmann::json::parse(again.to_json()), nlohmann::json::parse(model.to_json()));
}

TEST(FunctionsInModels, AreReadBack) {
  using namespace ops;
  const Tensor places(std::vector<int32_t>{2, 0}, {2});
  expect_read_back([&](const Tensor& x) { return take(x, places, 1); });
  expect_read_back([](const Tensor& x) { return take(x, 1, -1); });
  expect_read_back([](const Tensor& x) { return pad(x, {{0, 0}, {1, 2}, {0, 1}}, "constant", 2.5); });
  expect_read_back([](const Tensor& x) { return pad(x, {{0, 0}, {1, 2}, {0, 1}}, "reflect"); });
  expect_read_back([](const Tensor& x) { return split(x, 2, 1)[1]; });
  expect_read_back([](const Tensor& x) { return concatenate(split(x, {1, 3}, 2), -1); });
  expect_read_back([](const Tensor& x) { return top_k(x, 3).first; });
  expect_read_back([](const Tensor& x) { return cast(top_k(x, 3).second, float32); });
  expect_read_back([](const Tensor& x) { return einsum("abc,adc->abd", {x, x}); });
  expect_read_back([](const Tensor& x) { return tensordot(x, data(), {{1, 2}, {1, 2}}); });
  expect_read_back([](const Tensor& x) { return tile(repeat(roll(x, {1, 2}, {1, 2}), 2, 1), {1, 2, 1}); });
  expect_read_back([](const Tensor& x) { return cumsum(sort(x, 1), 2); });
  expect_read_back([](const Tensor& x) {
    return scatter_update(x, Tensor(std::vector<int32_t>{0, 1, 2, -1, 0, 0}, {2, 3}), 3.0, "add");
  });
  expect_read_back([](const Tensor& x) { return take_along_axis(x, argsort(x), -1); });
  expect_read_back([](const Tensor& x) { return median(x, {1, 2}, true); });
}

// Real Keras writes what the user gave: a list, not a tensor.
TEST(FunctionsInModels, ListsOfNumbersAreTensors) {
  const Model model = with([](const Tensor& x) { return ops::take(x, Tensor(std::vector<int32_t>{2, 0}, {2}), 1); });
  auto json = nlohmann::json::parse(model.to_json());
  json["config"]["layers"][1]["inbound_nodes"][0]["args"][1] = {2, 0};
  const Model again = models::model_from_json(json.dump());
  EXPECT_EQ(again.predict(data(), {.verbose = 0}).to_vector<float>(), model.predict(data(), {.verbose = 0}).to_vector<float>());
  json["config"]["layers"][1]["inbound_nodes"][0]["args"][1] = {{2, 0}, {1}};
  EXPECT_THROW(models::model_from_json(json.dump()), ValueError);
}

}  // namespace
}  // namespace cornu::keras

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "cornu/cornu.h"
#include "tests/expect_error.h"
#include "tests/temporary_folder.h"

namespace cornu::keras {
namespace {

class LossScale : public testing::Test {
 protected:
  void TearDown() override { config::set_dtype_policy("float32"); }
};

const optimizers::LossScaleOptimizerImpl& scaled(const Optimizer& optimizer) {
  return dynamic_cast<const optimizers::LossScaleOptimizerImpl&>(*optimizer.impl());
}
double scale_of(const Optimizer& optimizer) { return scaled(optimizer).dynamic_scale().item(); }

Model regression() {
  const Model model = Sequential({layers::Dense(4, {.activation = "tanh", .input_shape = {3}}), layers::Dense(1)});
  model.compile({.optimizer = optimizers::SGD({.learning_rate = 0.05}), .loss = "mse"});
  return model;
}
const Tensor& x() {
  static const Tensor data = random::uniform({64, 3}, -1.0, 1.0, float32, 1);
  return data;
}
Tensor y() { return ops::sum(x(), {1}, true); }

TEST_F(LossScale, WhatIsNotFiniteChangesNothingAndHalvesTheScale) {
  const Optimizer optimizer = optimizers::LossScaleOptimizer(optimizers::SGD({.learning_rate = 1.0, .momentum = 0.5}),
                                                             {.initial_scale = 16, .dynamic_growth_steps = 2});
  const Variable weight(ops::zeros({2}));
  EXPECT_EQ(optimizer->scale_loss(Tensor(3.0)).item(), 48);
  const auto apply = [&](double gradient) { optimizer->apply({ops::full({2}, gradient)}, {weight}); };
  apply(16);
  EXPECT_EQ(weight.value().to_vector<float>(), (std::vector<float>{-1, -1}));
  for (double bad : {HUGE_VAL, -HUGE_VAL, std::nan("")}) apply(bad);
  EXPECT_EQ(weight.value().to_vector<float>(), (std::vector<float>{-1, -1}));
  EXPECT_EQ(optimizer->iterations().item<int64_t>(), 1);
  EXPECT_EQ(scale_of(optimizer), 2);
  apply(0);
  apply(0);
  EXPECT_EQ(scale_of(optimizer), 4);
  EXPECT_EQ(weight.value().to_vector<float>(), (std::vector<float>{-1.75, -1.75}));  // of the momentum
}

TEST_F(LossScale, ScalesOnce) {
  const Optimizer inner = optimizers::Adam({.loss_scale_factor = 4.0});
  const Optimizer optimizer = optimizers::LossScaleOptimizer(inner);
  EXPECT_EQ(inner->get_config()["loss_scale_factor"], Json(nullptr));
  EXPECT_EQ(optimizer->get_config()["inner_optimizer"]["class_name"], "Adam");
  EXPECT_THROW(optimizers::LossScaleOptimizer({}), ValueError);
  EXPECT_THROW(mixed_precision::LossScaleOptimizer(inner, {.dynamic_growth_steps = 0}), ValueError);
}

TEST_F(LossScale, CompileWrapsTheOptimizerOfAMixedFloat16Model) {
  EXPECT_EQ(regression().optimizer()->class_name(), "SGD");
  config::set_dtype_policy("mixed_bfloat16");
  EXPECT_EQ(regression().optimizer()->class_name(), "SGD");
  config::set_dtype_policy("mixed_float16");
  const Model model = regression();
  EXPECT_EQ(model.optimizer()->class_name(), "LossScaleOptimizer");
  EXPECT_EQ(model.optimizer()->name(), "loss_scale_optimizer");
  EXPECT_EQ(model.get_compile_config()["optimizer"]["class_name"], "SGD");  // that which was given
  model.compile({.optimizer = "sgd", .loss = "mse", .auto_scale_loss = false});
  EXPECT_EQ(model.optimizer()->class_name(), "SGD");
}

TEST_F(LossScale, CompilingAgainForTheSameOptimizerGoesOnWithItsScale) {
  config::set_dtype_policy("mixed_float16");
  const Model model = regression();
  const Optimizer before = model.optimizer();
  model.compile_from_config(model.get_compile_config());
  EXPECT_EQ(model.optimizer().impl(), before.impl());
}

TEST_F(LossScale, TrainingGoesOnAfterAnOverflow) {
  config::set_dtype_policy("mixed_float16");
  const Model model = regression();
  const Optimizer sgd = optimizers::SGD({.learning_rate = 0.05});
  model.compile({.optimizer = optimizers::LossScaleOptimizer(sgd, {.initial_scale = std::pow(2.0, 40)}), .loss = "mse"});
  const History history = model.fit(x(), y(), {.epochs = 20, .verbose = 0, .callbacks = {callbacks::TerminateOnNaN()}});
  const auto losses = history.history["loss"];
  ASSERT_EQ(losses.size(), 20u);
  EXPECT_LT(losses.back(), 0.5 * losses.front());
  EXPECT_LT(scale_of(model.optimizer()), std::pow(2.0, 30));
  EXPECT_LT(sgd->iterations().item<int64_t>(), 40);  // of 40 steps some did not count
}

TEST_F(LossScale, TerminateOnNaNEndsATrainingWhoseLossIsNotFinite) {
  config::set_dtype_policy("mixed_float16");
  const Model model = regression();
  const auto before = model.get_weights();
  const History history = model.fit(x() * 1e30, ops::full({64, 1}, std::nan("")),
                                    {.epochs = 5, .verbose = 0, .callbacks = {callbacks::TerminateOnNaN()}});
  EXPECT_EQ(history.epoch.size(), 1u);
  EXPECT_EQ(scale_of(model.optimizer()), 16384);
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_EQ(model.get_weights()[i].to_vector<float>(), before[i].to_vector<float>());
}

TEST_F(LossScale, StepsThatDoNotCountDoNotAccumulate) {
  const Optimizer optimizer = optimizers::LossScaleOptimizer(
      optimizers::SGD({.learning_rate = 1.0, .gradient_accumulation_steps = 2}), {.initial_scale = 4});
  const Variable weight(ops::zeros({1}));
  const Function step([&](const TensorNest& g) {
    optimizer->apply(g.flatten(), {weight});
    return TensorNest(optimizer->iterations());
  });
  for (double g : {4.0, HUGE_VAL, 6.0}) step(TensorNest(ops::full({1}, g)));  // 1, then of a scale of 2: 3
  EXPECT_EQ(weight.value().to_vector<float>()[0], -2);
}

TEST_F(LossScale, ItsStateComesBackFromAFile) {
  const TemporaryFolder folder;
  const std::string path = folder / "model.keras";
  config::set_dtype_policy("mixed_float16");
  const Model model = regression();
  model.fit(x(), y(), {.epochs = 2, .verbose = 0});
  model.optimizer()->variables()[3].assign(Tensor(64.0));
  model.save(path);
  config::set_dtype_policy("float32");  // as in another process
  const Model loaded = models::load_model(path);
  const auto saved = model.optimizer()->variables(), read = loaded.optimizer()->variables();
  ASSERT_EQ(read.size(), saved.size());
  for (std::size_t i = 0; i < saved.size(); ++i) {
    EXPECT_EQ(read[i].path(), saved[i].path());
    EXPECT_EQ(read[i].value().to_vector<double>(), saved[i].value().to_vector<double>()) << saved[i].path();
  }
  EXPECT_EQ(scale_of(loaded.optimizer()), 64);
  EXPECT_EQ(loaded.layers()[0].compute_dtype(), float16);
}

TEST_F(LossScale, IsReadAsOlderVersionsWroteIt) {
  const auto read = [](const char* more) {
    Json config = Json::parse(R"({"class_name": "LossScaleOptimizer", "config": {"name": "loss_scale", "initial_scale": 8.0,
        "dynamic_growth_steps": 7, "inner_optimizer": {"class_name": "Adam", "config": {"name": "adam"}}}})");
    config["config"].update(Json::parse(more));
    const Model model = Sequential({layers::Dense(1, {.input_shape = {2}})});
    model.compile_from_config(Json{{"optimizer", config}, {"loss", "mse"}});
    return model.optimizer();
  };
  const Optimizer optimizer = read(R"({"ema_momentum": 0.99, "use_ema": false, "clipnorm": null})");
  EXPECT_EQ(optimizer->name(), "loss_scale");
  EXPECT_EQ(scale_of(optimizer), 8);
  expect_error<ValueError>([&] { read(R"({"clipnorm": 1.0})"); }, "Instead, set `clipnorm` on the `inner_optimizer`");
  expect_error<ValueError>([&] { read(R"({"dynamic": false})"); }, "no longer supports `dynamic=False`");
  expect_error<ValueError>([&] { read(R"({"inner_optimizer": null})"); }, "needs an `inner_optimizer`");
}

}  // namespace
}  // namespace cornu::keras

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cornu/cornu.h"
#include "cornu/keras/saving/serialization.h"

namespace cornu::keras {
namespace {

Model trained() {
  const auto model = Sequential({layers::Dense(3, {.activation = "softmax", .input_shape = {4}})});
  model.compile({.optimizer = "adam", .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  const auto x = keras::random::uniform({8, 4}), y = utils::to_categorical(keras::random::randint({8}, 0, 3), 3);
  model.fit(x, y, {.batch_size = 4, .verbose = 0});
  return model;
}

TEST(CompileConfig, IsNullBeforeCompileAndWhatWasSaidAfter) {
  EXPECT_TRUE(Sequential({layers::Dense(3, {.input_shape = {4}})}).get_compile_config().is_null());
  const Json config = trained().get_compile_config();
  EXPECT_EQ(config["optimizer"]["class_name"], "Adam");
  EXPECT_EQ(config["loss"], "categorical_crossentropy");
  EXPECT_EQ(config["metrics"], Json({"accuracy"}));
}

// Keras finds a loss's function among functions, by its own name, and refuses it as the name of a metric.
TEST(CompileConfig, ALossAsAMetricIsAFunction) {
  const Model model = trained();
  model.compile({.loss = "mse", .metrics = {"kl_divergence", "huber"}});
  const Json metrics = model.get_compile_config()["metrics"];
  EXPECT_EQ(metrics[0], "kl_divergence");
  EXPECT_EQ(metrics[1], serialize_function("huber"));
  model.compile_from_config(model.get_compile_config());
  EXPECT_EQ(model.get_compile_config()["metrics"], metrics);
}

TEST(CompileConfig, AnOptimizerThatStaysKeepsItsState) {
  const Model model = trained();
  Json config = model.get_compile_config();
  config["metrics"] = {"mae"};
  model.compile_from_config(config);
  EXPECT_EQ(model.optimizer()->iterations().item<int>(), 2);
  config["optimizer"]["config"]["learning_rate"] = 0.5;
  model.compile_from_config(config);
  EXPECT_EQ(model.optimizer()->iterations().item<int>(), 0);
  EXPECT_FLOAT_EQ(model.optimizer()->learning_rate().item<float>(), 0.5f);
}

TEST(CompileConfig, TakesNamesAndObjectsOneAnOutput) {
  const Model model = trained();
  model.compile_from_config(
      Json{{"optimizer", "sgd"}, {"loss", {{"class_name", "CategoricalCrossentropy"}, {"config", {{"label_smoothing", 0.1}}}}}});
  EXPECT_EQ(model.get_compile_config()["loss"]["config"]["label_smoothing"], 0.1);
  EXPECT_THROW(model.compile_from_config(Json{{"optimizer", "adm"}, {"loss", "mse"}}), std::invalid_argument);
  EXPECT_THROW(model.compile_from_config(Json{{"optimizer", "adam"}, {"loss", "mze"}}), ValueError);
}

TEST(CompileConfig, WithoutAnOptimizerItIsRmspropAndNullIsNone) {
  const Model model = trained();
  model.compile_from_config(Json{{"loss", "mse"}});
  EXPECT_EQ(model.get_compile_config()["optimizer"]["class_name"], "RMSprop");
  model.compile_from_config(Json{{"optimizer", nullptr}, {"loss", "mse"}});
  EXPECT_TRUE(model.get_compile_config()["optimizer"].is_null());
  EXPECT_THROW(model.compile_from_config(Json{{"loss", "mse"}, {"loss_weights", "x"}}), ValueError);
}

TEST(CompileConfig, EveryArgumentIsReadBack) {
  const Model model = trained();
  for (const bool run_eagerly : {true, false})
    for (const char* jit_compile : {"auto", "false"}) {
      model.compile({.optimizer = optimizers::SGD({.momentum = 0.5}),
                     .loss = "mse",
                     .loss_weights = 0.5,
                     .metrics = {"accuracy"},
                     .weighted_metrics = {"mae"},
                     .run_eagerly = run_eagerly,
                     .steps_per_execution = 3,
                     .jit_compile = jit_compile});
      const Json config = model.get_compile_config();
      EXPECT_EQ(config["run_eagerly"], run_eagerly);
      const Model other = trained();
      other.compile_from_config(config);
      EXPECT_EQ(other.get_compile_config(), config);
    }
}

}  // namespace
}  // namespace cornu::keras

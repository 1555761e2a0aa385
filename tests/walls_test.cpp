// What the engine promises beyond numbers: sharing, snapshots, nothing done twice, errors that name the fix.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "cornu/cornu.h"
#include "cornu/exec/counters.h"

namespace cornu::keras {
namespace {

using namespace layers;

struct Examples {
  Tensor x, y;
};
Examples examples(int64_t count, int64_t features = 8, int64_t classes = 3) {
  cornu::random::set_seed(1);
  return {keras::random::uniform({count, features}), utils::to_categorical(keras::random::randint({count}, 0, classes), classes)};
}
Handle<SequentialImpl, Model> classifier(int64_t features = 8) {
  auto model = Sequential({Dense(16, {.activation = "relu", .input_shape = {features}}), Dense(3, {.activation = "softmax"})});
  model.compile({.optimizer = "adam", .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  return model;
}

TEST(Walls, CallingALayerTwiceIsTwoNodesAndOpsStayInTheFile) {
  auto x = Input({8});
  auto d = Dense(8);
  auto a = d(x), b = d(x);
  const Model model({x}, Dropout(0.0)(Activation("linear")(a + b * 2)));
  const auto json = nlohmann::json::parse(model.to_json());
  std::map<std::string, std::size_t> nodes;
  for (const auto& layer : json["config"]["layers"]) nodes[layer["class_name"]] = layer["inbound_nodes"].size();
  EXPECT_EQ(nodes["Dense"], 2u);
  EXPECT_EQ(nodes.count("Multiply") + nodes.count("Add") + nodes.count("Dropout") + nodes.count("Activation"), 4u);
  const Model again = models::model_from_json(model.to_json());
  again.set_weights(model.get_weights());
  const auto in = examples(5).x;
  EXPECT_EQ(again.predict(in, {.verbose = 0}).to_vector<float>(), model.predict(in, {.verbose = 0}).to_vector<float>());
}

TEST(Walls, UnknownDimsTraceForAnySize) {
  auto x = Input({None, 8});
  const Model model({x}, Dense(4)(x));
  EXPECT_EQ(model.predict(Tensor(std::vector<float>(2 * 5 * 8), {2, 5, 8}), {.verbose = 0}).shape(), (Shape{2, 5, 4}));
  EXPECT_EQ(model.predict(Tensor(std::vector<float>(3 * 7 * 8), {3, 7, 8}), {.verbose = 0}).shape(), (Shape{3, 7, 4}));
}

TEST(Walls, EveryDimMayBeUnknown) {
  auto x = Input({None, None});
  const Model model({x}, ops::sum(x * 2, 1));
  for (const auto& [rows, columns] : {std::pair{2, 3}, {5, 1}, {2, 7}}) {
    const Tensor out = model.predict(ops::ones({4, rows, columns}), {.verbose = 0});
    EXPECT_EQ(out.shape(), (Shape{4, columns}));
    EXPECT_EQ(out.to_vector<float>(), std::vector<float>(4 * columns, 2.0f * rows));
  }
}

// Not what its layer alone would do.
class DoublingImpl : public ModelImpl {
 public:
  Layer inner = track("inner", Dense(2, {.use_bias = false, .kernel_initializer = "ones"}));
  Tensor call(const Tensor& x, const CallContext& context) override { return inner(x) * (context.training ? 3 : 2); }
};
TEST(Walls, ASubclassedModelInASequentialRunsItsOwnCall) {
  auto inner = make<DoublingImpl>();
  auto model = Sequential({Dense(2, {.use_bias = false, .kernel_initializer = "ones", .input_shape = {2}}), inner});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor x = ops::ones({1, 2});
  EXPECT_EQ(model.predict(x, {.verbose = 0}).to_vector<float>(), (std::vector<float>{8, 8}));
  EXPECT_FLOAT_EQ(static_cast<float>(model.train_on_batch(x, x)["loss"]), 121);  // (12 - 1)^2
  EXPECT_NE(inner->inner.get_weights()[0].to_vector<float>()[0], 1);
}

TEST(Walls, WeightsTakenBeforeAnEpochStay) {
  auto model = classifier();
  const auto data = examples(64);
  model.fit(data.x, data.y, {.verbose = 0});
  const auto taken = model.get_weights();
  const auto values = taken[0].to_vector<float>();
  const auto read_later = model.get_weights();
  model.fit(data.x, data.y, {.verbose = 0});
  EXPECT_EQ(taken[0].to_vector<float>(), values);
  EXPECT_EQ(read_later[0].to_vector<float>(), values);
  EXPECT_NE(model.get_weights()[0].to_vector<float>(), values);
}

TEST(Walls, TheSecondEpochTracesAndCompilesNothing) {
  auto model = classifier();
  const auto data = examples(100);
  model.fit(data.x, data.y, {.verbose = 0});
  const auto traces = exec::counters().traces.load(), compilations = exec::counters().compilations.load(),
             launches = exec::counters().launches.load();
  model.fit(data.x, data.y, {.epochs = 2, .verbose = 0});
  EXPECT_EQ(exec::counters().traces.load(), traces);
  EXPECT_EQ(exec::counters().compilations.load(), compilations);
  EXPECT_EQ(exec::counters().launches.load(), launches + 2 * 4);  // one a step: 32, 32, 32, 4
}

TEST(Walls, ModelsOfEqualStructureShareOneProgram) {
  const auto data = examples(32);
  classifier().fit(data.x, data.y, {.verbose = 0});
  const auto compilations = exec::counters().compilations.load();
  for (int i = 0; i < 4; ++i) classifier().fit(data.x, data.y, {.verbose = 0});
  EXPECT_EQ(exec::counters().compilations.load(), compilations);
}

TEST(Walls, TwoThreadsPredictWithOneModel) {
  const auto model = classifier();
  const auto data = examples(64);
  const auto want = model.predict_on_batch(data.x).to_vector<float>();
  auto work = [&] {
    for (int i = 0; i < 50; ++i) EXPECT_EQ(model.predict_on_batch(data.x).to_vector<float>(), want);
  };
  std::thread one(work), two(work);
  one.join();
  two.join();
}

TEST(Walls, ASequentialNests) {
  auto inner = Sequential({Dense(4, {.input_shape = {8}})});
  auto outer = Sequential({inner, Dense(2)});
  EXPECT_EQ(outer.predict(examples(3).x, {.verbose = 0}).shape(), (Shape{3, 2}));
  EXPECT_EQ(outer.weights().size(), 4u);
}

TEST(Walls, ABatchNormalizationCalledTwiceUpdatesTwice) {
  auto norm = BatchNormalization({.momentum = 0.5});
  auto x = Input({2});
  Model model({x}, norm(norm(x)));
  model.compile({.optimizer = "sgd", .loss = "mse"});
  norm.set_trainable(true);
  const Tensor in(std::vector<float>{1, 2, 3, 4}, {2, 2});
  model.train_on_batch(in, in);
  // The first call sees means (2, 3), the second (0, 0): 0.5 * (0.5 * m) each.
  const auto mean = norm.weights()[2].value().to_vector<float>();
  EXPECT_NEAR(mean[0], 0.5, 1e-5);
  EXPECT_NEAR(mean[1], 0.75, 1e-5);
}

class SwapImpl : public ModelImpl {
 public:
  Variable a{Tensor(std::vector<float>{1, 2})}, b{Tensor(std::vector<float>{3, 4})};
  Logs train_step(const Batch&) override {
    const Tensor old_a = a, old_b = b;
    a.assign(old_b);
    b.assign(old_a);
    return {{"loss", ops::sum(old_a)}};
  }
};
TEST(Walls, TwoVariablesSwapInATrainStep) {
  auto model = make<SwapImpl>();
  model.compile({.optimizer = "sgd"});
  model.train_on_batch(Tensor(std::vector<float>{0}), Tensor(std::vector<float>{0}));
  EXPECT_EQ(model->a.value().to_vector<float>(), (std::vector<float>{3, 4}));
  EXPECT_EQ(model->b.value().to_vector<float>(), (std::vector<float>{1, 2}));
}

class PassOnImpl : public ModelImpl {
 public:
  Variable a{Tensor(std::vector<float>{1, 2})}, b{Tensor(std::vector<float>{3, 4})};
  Logs train_step(const Batch&) override {
    const Tensor old = a;
    a.assign(old + b);
    b.assign(old);
    return {{"loss", ops::sum(old)}};
  }
};
TEST(Walls, AVariableGetsTheOldValueOfOneThatChanges) {
  auto model = make<PassOnImpl>();
  model.compile({.optimizer = "sgd"});
  model.train_on_batch(Tensor(std::vector<float>{0}), Tensor(std::vector<float>{0}));
  EXPECT_EQ(model->a.value().to_vector<float>(), (std::vector<float>{4, 6}));
  EXPECT_EQ(model->b.value().to_vector<float>(), (std::vector<float>{1, 2}));
}

TEST(Walls, FreezingTakesEffectWithoutCompile) {
  auto model = classifier();
  const auto data = examples(64);
  model.fit(data.x, data.y, {.verbose = 0});
  const auto layer = model.layers()[0];
  const auto before = layer.get_weights()[0].to_vector<float>();
  layer.set_trainable(false);
  model.fit(data.x, data.y, {.verbose = 0});
  EXPECT_EQ(layer.get_weights()[0].to_vector<float>(), before);
  layer.set_trainable(true);
  model.fit(data.x, data.y, {.verbose = 0});
  EXPECT_NE(layer.get_weights()[0].to_vector<float>(), before);
}

// What a program makes once of weights that it does not write (passes/fold_scales.cpp, exec/slot.h) is made again when they change.
TEST(Walls, WhatIsMadeOfWeightsFollowsThem) {
  auto model = Sequential({Conv2D(4, 3, {.input_shape = {8, 8, 3}}), BatchNormalization({.momentum = 0.5}), DepthwiseConv2D(3),
                           BatchNormalization(), Flatten(), Dense(3)});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor x = keras::random::uniform({8, 8, 8, 3}), y = keras::random::uniform({8, 3});
  for (const bool is_frozen : {false, false, true, true}) {
    const auto by_program = model.predict(x, {.verbose = 0}).to_vector<float>(), alone = model(x).to_vector<float>();
    for (std::size_t i = 0; i < alone.size(); ++i) EXPECT_NEAR(by_program[i], alone[i], 1e-5);
    model.layers()[0].set_trainable(!is_frozen);  // a kernel that the training step does not write either
    model.fit(x, y, {.epochs = 2, .verbose = 0});
  }
}

TEST(Walls, ALabelOutOfRangeIsAValueErrorAndChangesNoWeight) {
  auto model = Sequential({BatchNormalization({.input_shape = {2}}), Dense(3, {.activation = "softmax"})});
  model.compile({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy"});
  const Tensor x(std::vector<float>{1, 2, 3, 4}, {2, 2});
  const auto values = [&] {
    std::vector<std::vector<float>> out;
    for (const Tensor& weight : model.get_weights()) out.push_back(weight.to_vector<float>());
    return out;
  };
  const auto before = values();
  try {
    model.fit(x, Tensor(std::vector<int32_t>{1, 7}), {.verbose = 0});
    FAIL();
  } catch (const ValueError& e) {
    EXPECT_NE(std::string(e.what()).find("7"), std::string::npos);
    EXPECT_NE(std::string(e.what()).find("3 classes"), std::string::npos);
  }
  EXPECT_EQ(values(), before);  // averages as well
}

class BranchingImpl : public LayerImpl {
 public:
  Tensor call(const Tensor& x, const CallContext&) override { return ops::sum(x) ? x : x * 2; }
};
TEST(Walls, ReadingATracedTensorNamesTheWaysOut) {
  auto model = Sequential({make<BranchingImpl>()});
  try {
    model.predict(examples(2).x, {.verbose = 0});
    FAIL();
  } catch (const RuntimeError& e) {
    EXPECT_NE(std::string(e.what()).find("cond"), std::string::npos);
  }
}

class PenaltyImpl : public ModelImpl {
 public:
  Variable w{Tensor(std::vector<float>{2})};
  // d/dw of (d/dx w x^3)^2 at x = 1 is 2 * 3w * 3 = 18 w.
  Logs train_step(const Batch& data) override {
    const Tensor x = data.x.leaf();
    const Tensor slope = gradients(ops::sum(w * x * x * x), std::vector{x})[0];
    return {{"grad", ops::sum(gradients(ops::sum(ops::square(slope)), std::vector{w})[0])}};
  }
};
TEST(Walls, AGradientPenaltyIsDifferentiatedTwice) {
  auto model = make<PenaltyImpl>();
  model.compile({.optimizer = "sgd"});
  const Tensor one(std::vector<float>{1});
  EXPECT_NEAR(model.train_on_batch(one, one)["grad"], 36.0, 1e-4);
}

}  // namespace
}  // namespace cornu::keras

#include <gtest/gtest.h>

#include <limits>

#include "cornu/cornu.h"

// What `compile` was given, for each output: losses and their weights, metrics, add_loss, metrics of layers. Figures are real Keras's
// where it has them.

namespace cornu::keras {
namespace {

using namespace layers;

// Outputs o0, o1, ...: each all of x times its weight, which is 1, 2, ...
Model outputs(int count) {
  const Tensor x = Input({2}, {.name = "x"});
  std::vector<Tensor> out;
  for (int i = 0; i < count; ++i) {
    const Initializer weight = initializers::Constant({.value = i + 1.0});
    out.push_back(Dense(1, {.kernel_initializer = weight, .name = "o" + std::to_string(i)})(x));
  }
  if (count == 1) return Model(x, out[0]);
  return Model(x, TensorNest(out));
}
const std::vector<float> kX = {1, 2, 3, 4};  // sums: 3, 7
TensorNest targets(int count) {
  return count == 1 ? TensorNest(ops::zeros({2, 1})) : TensorNest(TensorNest::List(count, ops::zeros({2, 1})));
}
LogValues evaluated(int count, CompileArgs args) {
  const Model model = outputs(count);
  model.compile(std::move(args));
  return model.evaluate(Tensor(kX, {2, 2}), targets(count), {.verbose = 0});
}
std::string refused(int count, CompileArgs args) {
  try {
    evaluated(count, std::move(args));
  } catch (const ValueError& e) {
    return e.what();
  }
  return "nothing was thrown";
}
constexpr double kMse = 29, kMae = 5;  // of o0; those of o1 are 116 and 10

TEST(CompileLoss, WeightsBelongToLosses) {
  EXPECT_NEAR(*evaluated(1, {.loss = "mse", .loss_weights = {0.5}}).find("loss"), 0.5 * kMse, 1e-4);
  EXPECT_NEAR(*evaluated(1, {.loss = {"mse", "mae"}, .loss_weights = {1.0, 0.5}}).find("loss"), kMse + 0.5 * kMae, 1e-4);
  EXPECT_NEAR(*evaluated(2, {.loss = "mse", .loss_weights = {0.3}}).find("loss"), 0.3 * 5 * kMse, 1e-4);
  EXPECT_NEAR(*evaluated(2, {.loss = {"mse", "mae"}, .loss_weights = {2.0, 3.0}}).find("loss"), 2 * kMse + 3 * 2 * kMae, 1e-4);
  using Losses = PerOutput<Loss>;
  using Weights = PerOutput<double>;
  const Losses losses(Losses::Dict{{"o1", Loss("mae")}, {"o0", Loss("mse")}});
  const Weights weights(Weights::Dict{{"o0", 2.0}, {"o1", 3.0}});
  EXPECT_NEAR(*evaluated(2, {.loss = losses, .loss_weights = weights}).find("loss"), 2 * kMse + 3 * 2 * kMae, 1e-4);
}

TEST(CompileLoss, CountsMustAgree) {
  EXPECT_EQ(refused(2, {.loss = "mse", .loss_weights = {0.3, 0.5}}),
            "`loss_weights` must match the number of losses, got 1 losses and 2 weights.");
  EXPECT_EQ(refused(2, {.loss = {"mse", "mae"}, .loss_weights = {0.3}}),
            "`loss_weights` must match the number of losses, got 2 losses and 1 weights.");
  EXPECT_EQ(
      refused(3, {.loss = {"mse", "mae"}}),
      "`loss` must be one for all outputs, a list of one an output, or a dict by the outputs' names. Received: a list of 2 for 3 "
      "outputs");
  EXPECT_NE(refused(2, {.loss = "mse", .metrics = {"mae"}}).find("`metrics` must be one for all outputs"), std::string::npos);
}

TEST(CompileMetrics, AreBuiltWholeOrNotAtAll) {
  const Model model = outputs(1);
  model.compile({.loss = "mse", .metrics = {"mae", "nosuch"}});
  for (int time = 0; time < 2; ++time)
    EXPECT_THROW(model.evaluate(Tensor(kX, {2, 2}), targets(1), {.verbose = 0}), ValueError) << time;
}

// Adds the squares of its inputs to the loss, each a number of its own.
class SquaresImpl : public LayerImpl {
 public:
  Tensor call(const Tensor& x, const CallContext&) override {
    add_loss(ops::square(x));
    return x;
  }
};
TEST(CompileLoss, AddLossIsSummed) {
  const auto model = Sequential({make<SquaresImpl>(), Dense(1, {.kernel_initializer = "ones"})});
  model.compile({.loss = "mse"});
  const LogValues logs = model.evaluate(Tensor(kX, {2, 2}), targets(1), {.verbose = 0});
  EXPECT_NEAR(*logs.find("loss"), kMse + 1 + 4 + 9 + 16, 1e-4);
}

// Watches the mean of its inputs.
class WatchingImpl : public LayerImpl {
 public:
  Tensor call(const Tensor& x, const CallContext&) override {
    mean_->update_state({}, ops::mean(x), 1.0);
    return x;
  }

 private:
  Metric mean_ = track("mean", Metric(metrics::Mean({.name = "seen"})));
};
class HolderImpl : public LayerImpl {
 public:
  Tensor call(const Tensor& x, const CallContext&) override { return inner_(x); }

 private:
  Layer inner_ = track("inner", Layer(make<WatchingImpl>()));
};
TEST(CompileMetrics, ThoseOfLayersAreLoggedAndReset) {
  const auto model = Sequential({make<HolderImpl>(), Dense(1)});
  model.compile({.loss = "mse"});
  const Tensor x(kX, {2, 2});
  const History history = model.fit(x, targets(1), {.epochs = 2, .verbose = 0});
  EXPECT_EQ(history.history["seen"], (std::vector<double>{2.5, 2.5}));
  EXPECT_NEAR(*model.evaluate(10.0 * x, targets(1), {.verbose = 0}).find("seen"), 25, 1e-5);
}

// Logs what `value` makes of the predictions.
class LoggingImpl : public ModelImpl {
 public:
  std::function<Tensor(const Tensor&)> value;
  Tensor call(const Tensor& x, const CallContext&) override { return x; }
  Logs train_step(const Batch& data) override { return {{"loss", value((*this)(data.x, true).leaf())}}; }
};
TEST(Trainer, WhatAStepLogsMustBeNumbers) {
  const auto model = make<LoggingImpl>();
  model.compile({});
  const auto fit = [&] { return model.fit(Tensor(kX, {2, 2}), FitArgs{.verbose = 0}); };
  model->value = [](const Tensor& x) { return ops::mean(x, 1); };
  try {
    fit();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const ValueError& e) {
    EXPECT_NE(std::string(e.what()).find("numbers. Received: 'loss' of shape (2,)"), std::string::npos) << e.what();
  }
  model->value = [](const Tensor& x) { return ops::mean(x); };
  EXPECT_EQ(fit().history["loss"], std::vector<double>{2.5});
}

TEST(Trainer, SaysOnceWhereItRuns) {
  const Model model = outputs(1);
  model.compile({.loss = "mse"});
  ::testing::internal::CaptureStderr();
  for (int time = 0; time < 2; ++time) model.fit(Tensor(kX, {2, 2}), targets(1), {.verbose = 0});
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_LE(said.size(), said.find('\n') + 1) << said;  // nothing where another test of this process trained before
  EXPECT_TRUE(said.empty() || said.starts_with("cornu: Training on the CPU: ")) << said;
}

TEST(Trainer, TrainingWithoutAnOptimizerSaysSo) {
  const Model model = outputs(1);
  model.compile({.optimizer = Optimizer(), .loss = "mse"});
  EXPECT_NEAR(*model.evaluate(Tensor(kX, {2, 2}), targets(1), {.verbose = 0}).find("loss"), kMse, 1e-4);
  try {
    model.fit(Tensor(kX, {2, 2}), targets(1), {.verbose = 0});
    ADD_FAILURE() << "nothing was thrown";
  } catch (const ValueError& e) {
    EXPECT_NE(std::string(e.what()).find("needs an optimizer"), std::string::npos) << e.what();
  }
}

TEST(Trainer, PredictionsOfDifferentShapesAreNotJoined) {
  const auto x = Input({2});
  const auto model = Model(x, ops::matmul(x, ops::transpose(x)));
  EXPECT_EQ(model.predict(ops::ones({4, 2}), {.batch_size = 2, .verbose = 0}).shape(), (Shape{4, 2}));
  EXPECT_THROW(model.predict(ops::ones({5, 2}), {.batch_size = 2, .verbose = 0}), ValueError);
}

TEST(Trainer, ABatchSizeBeyondTheDataIsAllOfIt) {
  const auto model = outputs(1);
  const int64_t all = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(model.predict(Tensor(kX, {2, 2}), {.batch_size = all, .verbose = 0}).shape(), (Shape{2, 1}));
}

TEST(StepCache, ALayerThatTookAnothersPlaceIsAnotherStep) {
  auto model = Sequential({Dense(2, {.kernel_initializer = "ones", .input_shape = {2}}), Activation("relu")});
  const Tensor x(kX, {2, 2});
  for (int time = 0; time < 8; ++time) {
    const std::string function = time % 2 ? "relu" : "softmax";
    model->pop();
    model->add(Activation(function));
    const float first = model.predict(x, {.verbose = 0}).to_vector<float>()[0];
    EXPECT_EQ(first, time % 2 ? 3.0f : 0.5f) << time;
  }
}

}  // namespace
}  // namespace cornu::keras

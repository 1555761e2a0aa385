// What training promises beyond numbers: nothing computed or allocated twice, one scratch arena, the best weights kept, a stop
// that leaves a whole model.
#include <gtest/gtest.h>

#include "cornu/base/interrupt.h"
#include "cornu/cornu.h"
#include "cornu/device/array.h"
#include "cornu/device/memory_stats.h"
#include "cornu/device/stream.h"
#include "cornu/exec/counters.h"

namespace cornu::keras {
namespace {

using namespace layers;

Tensor rows(int64_t count, int64_t features) {
  cornu::random::set_seed(1);
  return keras::random::uniform({count, features});
}
Handle<SequentialImpl, Model> regression(int64_t units = 16) {
  auto model = Sequential({Dense(units, {.activation = "relu", .input_shape = {8}}), Dense(1)});
  model.compile({.optimizer = "adam", .loss = "mse", .metrics = {"mae"}});
  return model;
}
int64_t launches() { return exec::counters().launches.load(); }

TEST(WallsTraining, ALazyInputIsComputedOncePerFit) {
  const auto model = regression();
  const Tensor raw = rows(64, 8), y = rows(64, 1);
  evaluate({raw, y});
  model.fit(raw, y, {.verbose = 0});
  const auto before = launches();
  model.fit(raw / 255, y, {.epochs = 3, .verbose = 0});
  EXPECT_EQ(launches() - before, 1 + 3 * 2);  // the division, and the steps
  const Tensor scaled = raw / 255;
  const auto once = launches();
  model.fit(scaled, y, {.verbose = 0});
  model.fit(scaled, y, {.verbose = 0});
  EXPECT_EQ(launches() - once, 1 + 2 * 2);  // it keeps what it was computed to
}

TEST(WallsTraining, ASecondFitOfTheSameShapesAllocatesNothing) {
  const auto model = regression();
  const Tensor x = rows(100, 8), y = rows(100, 1);
  evaluate({x, y});
  const FitArgs args{.epochs = 2, .verbose = 0, .validation_split = 0.2};
  model.fit(x, y, args);
  auto& memory = devices::host_memory();
  const auto before = memory.info().current;
  memory.reset_peak();
  model.fit(x, y, args);
  EXPECT_EQ(memory.info().peak, before);
  EXPECT_EQ(memory.info().current, before);
}

TEST(WallsTraining, AllProgramsShareOneScratchArena) {
  const auto model = regression(512);
  const Tensor x = rows(3000, 8), y = rows(3000, 1);
  const auto arena = [] {
    const devices::StreamLease stream;
    return std::pair(stream->arena().base(), stream->arena().size());
  };
  model.fit(x, y, {.batch_size = 2000, .verbose = 0, .steps_per_epoch = 1});  // the largest program
  const auto after_training = arena();
  EXPECT_GE(after_training.second, std::size_t{2000 * 512 * 4});
  model.fit(x, y, {.batch_size = 2000, .verbose = 0, .validation_data = ValidationData{x, y}});  // a remainder, and validation
  model.predict(x, {.batch_size = 2000, .verbose = 0});
  EXPECT_EQ(arena(), after_training);
}

TEST(WallsTraining, EarlyStoppingRestoresTheBest) {
  const auto model = regression();
  const Tensor x = rows(64, 8), y = rows(64, 1);
  std::vector<std::vector<float>> kernels;
  // The loss that is watched rises from the second epoch on, whatever the model learns.
  const auto script = callbacks::LambdaCallback({.on_epoch_end = [&](int epoch, LogValues& logs) {
    logs.set("val_loss", epoch < 2 ? 1.0 - 0.1 * epoch : 2.0);
    kernels.push_back(model.get_weights()[0].to_vector<float>());
  }});
  const auto stopping = callbacks::EarlyStopping({.patience = 2, .restore_best_weights = true});
  const auto history = model.fit(x, y, {.epochs = 10, .verbose = 0, .callbacks = {script, stopping}});
  EXPECT_EQ(history.epoch, (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(stopping->stopped_epoch(), 3);
  EXPECT_EQ(stopping->best_epoch(), 1);
  EXPECT_EQ(model.get_weights()[0].to_vector<float>(), kernels[1]);
  EXPECT_NE(kernels[3], kernels[1]);
}

TEST(WallsTraining, AnInterruptLeavesTheWeightsOfTheLastWholeStep) {
  const Tensor x = rows(160, 8), y = rows(160, 1);
  const auto model = regression(), other = regression();
  other.set_weights(model.get_weights());
  const auto interrupt = callbacks::LambdaCallback({.on_train_batch_end = [](int64_t batch, const LogValues&) {
    if (batch == 2) request_interrupt();
  }});
  EXPECT_THROW(model.fit(x, y, {.epochs = 5, .verbose = 0, .callbacks = {interrupt}, .shuffle = false}), InterruptedError);
  other.fit(x, y, {.batch_size = 32, .verbose = 0, .shuffle = false, .steps_per_epoch = 3});
  for (std::size_t i = 0; i < model.weights().size(); ++i)
    EXPECT_EQ(model.get_weights()[i].to_vector<float>(), other.get_weights()[i].to_vector<float>());
  EXPECT_EQ(model.optimizer()->iterations().item<int64_t>(), 3);
  // It goes on as if nothing had been.
  model.fit(x, y, {.verbose = 0, .shuffle = false});
  EXPECT_EQ(model.optimizer()->iterations().item<int64_t>(), 8);
}

class CallCountingImpl : public ModelImpl {
 public:
  int calls = 0;
  Tensor call(const Tensor& x, const CallContext&) override {
    ++calls;
    return dense_(x);
  }

 private:
  Layer dense_ = track("dense", Dense(2));
};
TEST(WallsTraining, AModelIsTracedOnceAndStaysDifferentiable) {
  auto model = make<CallCountingImpl>();
  const Tensor x = ops::ones({1, 3});
  const auto first = model(x).to_vector<float>();
  EXPECT_EQ(model(x).to_vector<float>(), first);
  EXPECT_EQ(model->calls, 1);
  const auto slopes = gradients(ops::sum(model(x)), model.trainable_weights());
  EXPECT_EQ(slopes[1].to_vector<float>(), (std::vector<float>{1, 1}));
  EXPECT_EQ(model->calls, 1);
  model.set_weights({ops::zeros({3, 2}), ops::ones({2})});
  EXPECT_EQ(model(x).to_vector<float>(), (std::vector<float>{1, 1}));
  model(ops::ones({2, 3}));
  EXPECT_EQ(model->calls, 2);  // another shape
}

// Numbers of an optimizer of one's own that updates every second step.
class OwnOptimizerImpl : public ModelImpl {
 public:
  Variable w{Tensor(std::vector<float>{1})};
  Optimizer own = optimizers::SGD({.learning_rate = 1.0, .gradient_accumulation_steps = 2});
  Logs train_step(const Batch&) override {
    const Tensor loss = ops::sum(w * 3.0);
    own->apply(gradients(loss, std::vector{w}), {w});
    return {{"loss", loss}};
  }
};
TEST(WallsTraining, AnOptimizerOfATrainStepDecidesOnTheHost) {
  auto model = make<OwnOptimizerImpl>();
  model.compile({});
  const Tensor x = ops::ones({1, 1});
  std::vector<float> seen;
  for (int i = 0; i < 4; ++i) model.train_on_batch(x, x), seen.push_back(model->w.value().item<float>());
  EXPECT_EQ(seen, (std::vector<float>{1, -2, -2, -5}));
}

TEST(WallsTraining, ASnapshotGivenToAFunctionIsNotOverwrittenByIt) {
  const Variable v(Tensor(std::vector<float>{1, 2, 3, 4}, {2, 2}));
  const Function f([v](const TensorNest& in) {
    const Tensor x = in.leaf();
    v.assign(ops::zeros({2, 2}));
    return TensorNest(ops::matmul(ops::matmul(x, Tensor(std::vector<float>{0, 1, 1, 0}, {2, 2})), x));
  });
  EXPECT_EQ(f(TensorNest(v.value())).leaf().to_vector<float>(), (std::vector<float>{5, 8, 13, 20}));
  EXPECT_EQ(v.value().to_vector<float>(), (std::vector<float>(4)));
}

TEST(WallsTraining, EveryReadOfAVariableHasItsGradient) {
  const Variable w(Tensor(std::vector<float>{2}));
  const Function f([w](const TensorNest& in) {
    const Tensor x = in.leaf(), first = w * x;
    w.assign(w * 10.0);
    return TensorNest(gradients(ops::sum(first + w * x), std::vector{w})[0]);
  });
  EXPECT_EQ(f(TensorNest(Tensor(std::vector<float>{3}))).leaf().item<float>(), 6);
}

TEST(WallsTraining, AFunctionIsTracedForTheStructureOfItsArguments) {
  const Function f(
      [](const TensorNest& in) { return in.is_list() ? TensorNest(in.list()[0].leaf() * 2.0) : TensorNest(in["b"].leaf()); });
  const Tensor one = ops::ones({1}), two = one + 1.0;
  EXPECT_EQ(f(TensorNest{one, two}).leaf().item<float>(), 2);
  EXPECT_EQ(f(TensorNest({{"a", one}, {"b", two}})).leaf().item<float>(), 2);
  EXPECT_EQ(f(TensorNest({{"a", two}, {"b", one}})).leaf().item<float>(), 1);
}

TEST(WallsTraining, FreezingALayerWithoutTrainedWeightsCounts) {
  auto norm = BatchNormalization({.momentum = 0.5, .center = false, .scale = false, .input_shape = {1}});
  auto model = Sequential({norm, Dense(1)});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor x(std::vector<float>{1, 3}, {2, 1});
  model.train_on_batch(x, x);
  const auto mean = norm.get_weights()[0].item<float>();
  norm.set_trainable(false);
  model.train_on_batch(x, x);
  EXPECT_EQ(norm.get_weights()[0].item<float>(), mean);
}

}  // namespace
}  // namespace cornu::keras

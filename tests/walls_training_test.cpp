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

}  // namespace
}  // namespace cornu::keras

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "cornu/cornu.h"
#include "tests/expect_error.h"
#include "tests/temporary_folder.h"

// Numbers, texts and files are real Keras's on the same data.

namespace cornu::keras {
namespace {

using namespace callbacks;

// A line through ten points.
Model line() {
  auto model = Sequential({layers::Dense(1, {.input_shape = {2}})});
  model.set_weights({Tensor(std::vector<float>{0.25f, 0.25f}, {2, 1}), ops::zeros({1})});
  model.compile({.optimizer = optimizers::SGD({.learning_rate = 0.1}), .loss = "mse", .metrics = {"mae"}});
  return model;
}
ValidationData points() {
  std::vector<float> x, y;
  for (int i = 0; i < 20; ++i) x.push_back(static_cast<float>(i) / 10.0f);
  for (int i = 0; i < 10; ++i) y.push_back(x[2 * i] + x[2 * i + 1]);
  return {Tensor(x, {10, 2}), Tensor(y, {10, 1}), {}};
}
std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

struct Stopping {
  EarlyStoppingArgs args;
  int epochs, stopped, best_epoch, wait;
  double best;
  float weight;  // of the model afterwards; each epoch sets it to its number
  std::string text;
};

TEST(Callbacks, EarlyStopping) {
  const double losses[] = {5, 4, 4.5, 4.4, 3, 3.1, 3.2, 3.3};
  const Stopping table[] = {
      {{}, 3, 2, 1, 1, 4, 2, ""},
      {{.patience = 2}, 4, 3, 1, 2, 4, 3, ""},
      {{.patience = 3, .verbose = 1, .restore_best_weights = true},
       8,
       7,
       4,
       3,
       3,
       4,
       "Epoch 8: early stopping\nRestoring model weights from the end of the best epoch: 5.\n"},
      {{.patience = 1, .start_from_epoch = 3}, 6, 5, 4, 1, 3, 5, ""},
      {{.min_delta = 1.5, .patience = 2}, 3, 2, 0, 2, 5, 2, ""},
      {{.patience = 2, .baseline = 3.5, .restore_best_weights = true}, 3, 2, 1, 3, 4, 1, ""},
      {{.patience = 2, .verbose = 1, .baseline = 1.0, .restore_best_weights = true},
       3,
       2,
       1,
       3,
       4,
       1,
       "Epoch 3: early stopping\nRestoring model weights from the end of the best epoch: 2.\n"},
      {{.patience = 2, .mode = "max"}, 3, 2, 0, 2, 5, 2, ""},
      {{.monitor = "loss", .patience = 1, .verbose = 1, .mode = "min"}, 3, 2, 1, 1, 4, 2, "Epoch 3: early stopping\n"},
  };
  for (const Stopping& row : table) {
    const Model model = line();
    const auto stopping = EarlyStopping(row.args);
    stopping->set_model(model);
    stopping->on_train_begin();
    int epoch = 0;
    while (epoch < 8 && stopping->stopped_epoch() == 0) {
      model.weights()[1].assign(ops::full({1}, static_cast<double>(epoch)));
      LogValues logs{{"loss", losses[epoch]}, {"val_loss", losses[epoch]}};
      stopping->on_epoch_end(epoch++, logs);
    }
    testing::internal::CaptureStdout();
    stopping->on_train_end({});
    EXPECT_EQ(testing::internal::GetCapturedStdout(), row.text);
    EXPECT_EQ(epoch, row.epochs);
    EXPECT_EQ(stopping->stopped_epoch(), row.stopped);
    EXPECT_EQ(stopping->best_epoch(), row.best_epoch);
    EXPECT_EQ(stopping->wait(), row.wait);
    EXPECT_EQ(stopping->best(), row.best);
    EXPECT_EQ(model.get_weights()[1].item<float>(), row.weight);
  }
}

TEST(Callbacks, AutoModeFollowsTheMetric) {
  auto model = Sequential({layers::Dense(1, {.activation = "sigmoid", .input_shape = {2}})});
  model.compile({.optimizer = "sgd", .loss = "mse", .metrics = {"accuracy", "mae"}});
  const auto data = points();
  model.fit(data.x, data.y, {.verbose = 0});
  const auto best_of = [&](const std::string& monitor) {
    const auto stopping = EarlyStopping({.monitor = monitor, .patience = 5});
    stopping->set_model(model);
    stopping->on_train_begin();
    for (int epoch = 0; epoch < 3; ++epoch) {
      LogValues logs{{monitor, 1.0 + epoch}};
      stopping->on_epoch_end(epoch, logs);
    }
    return *stopping->best();
  };
  EXPECT_EQ(best_of("val_accuracy"), 3);
  EXPECT_EQ(best_of("mae"), 1);
  try {
    best_of("val_luck");
    FAIL();
  } catch (const ValueError& e) {
    EXPECT_STREQ(e.what(),
                 "EarlyStopping callback received monitor=val_luck, but Keras isn't able to automatically determine whether that "
                 "metric should be "
                 "maximized or minimized. Pass `mode='max'` in order to monitor based on the highest metric value, or pass "
                 "`mode='min'` in order to use "
                 "the lowest value.");
  }
}

TEST(Callbacks, AMissingMetricIsSaidAndStopsNothing) {
  const Model model = line();
  const auto data = points();
  testing::internal::CaptureStderr();
  const auto history = model.fit(data.x, data.y, {.epochs = 3, .verbose = 0, .callbacks = {EarlyStopping()}});
  EXPECT_EQ(history.epoch.size(), 3u);
  const std::string text = testing::internal::GetCapturedStderr(),
                    warning =
                        "Early stopping conditioned on metric `val_loss` which is not available. "
                        "Available metrics are: loss,mae";
  ASSERT_NE(text.find(warning), text.npos) << text;
  EXPECT_EQ(text.find(warning, text.find(warning) + 1), text.npos) << "said twice";
}

TEST(Callbacks, CSVLoggerWritesKerasFiles) {
  const TemporaryFolder folder;
  const Model model = line();
  const auto data = points();
  model.fit(data.x, data.y,
            {.batch_size = 5,
             .epochs = 2,
             .verbose = 0,
             .callbacks = {CSVLogger(folder / "a.csv")},
             .validation_data = data,
             .shuffle = false,
             .validation_freq = 2});
  const std::string first = contents(folder / "a.csv");
  EXPECT_TRUE(first.starts_with("epoch,loss,mae,val_loss,val_mae\r\n0,1.99703")) << first;
  EXPECT_NE(first.find(",NA,NA\r\n1,0.0807"), first.npos) << first;
  model.fit(data.x, data.y,
            {.batch_size = 5,
             .verbose = 0,
             .callbacks = {CSVLogger(folder / "a.csv", {.append = true}), CSVLogger(folder / "b.csv", {.separator = ";"})},
             .shuffle = false});
  const std::string second = contents(folder / "b.csv"), header = "epoch;loss;mae;val_loss;val_mae\r\n";
  ASSERT_TRUE(second.starts_with(header + "0;0.0577")) << second;
  EXPECT_TRUE(second.ends_with(";NA;NA\r\n"));
  std::string row = second.substr(header.size());
  std::replace(row.begin(), row.end(), ';', ',');
  EXPECT_EQ(contents(folder / "a.csv"), first + row);
  EXPECT_THROW(CSVLogger("x.csv", {.separator = ", "}), TypeError);
  EXPECT_THROW(CSVLogger(folder / "none/x.csv")->on_train_begin(), FileError);
}

TEST(Callbacks, ModelCheckpointSavesTheBest) {
  const TemporaryFolder folder;
  const Model model = line();
  const auto data = points();
  const auto checkpoint = ModelCheckpoint(folder / "deeper/{epoch:02d}-{loss:.3f}.weights.h5",
                                          {.monitor = "loss", .verbose = 1, .save_best_only = true, .save_weights_only = true});
  testing::internal::CaptureStdout();
  model.fit(data.x, data.y, {.batch_size = 5, .epochs = 2, .verbose = 0, .callbacks = {checkpoint}, .shuffle = false});
  const std::string first = folder / "deeper/01-1.997.weights.h5", second = folder / "deeper/02-0.081.weights.h5";
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            fmt::format(
                "\nEpoch 1: loss improved from None to 1.99703, saving model to {}\n\nEpoch 1: finished saving model to {}\n"
                "\nEpoch 2: loss improved from 1.99703 to 0.08071, saving model to {}\n\nEpoch 2: finished saving model to {}\n",
                first, first, second, second));
  const auto trained = model.get_weights()[0].to_vector<float>();
  model.load_weights(first);
  EXPECT_NE(model.get_weights()[0].to_vector<float>(), trained);
  model.load_weights(second);
  EXPECT_EQ(model.get_weights()[0].to_vector<float>(), trained);

  const auto whole = ModelCheckpoint(folder / "w.keras",
                                     {.monitor = "loss", .verbose = 1, .save_best_only = true, .initial_value_threshold = 1e-9});
  testing::internal::CaptureStdout();
  model.fit(data.x, data.y, {.batch_size = 5, .verbose = 0, .callbacks = {whole}, .shuffle = false});
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "\nEpoch 1: loss did not improve from 0.00000\n");
  EXPECT_FALSE(std::filesystem::exists(folder / "w.keras"));
}

TEST(Callbacks, ModelCheckpointSavesEveryFewBatches) {
  const TemporaryFolder folder;
  const Model model = line();
  const auto data = points();
  model.fit(
      data.x, data.y,
      {.batch_size = 2,
       .epochs = 2,
       .verbose = 0,
       .callbacks = {ModelCheckpoint(folder / "{epoch}_{batch:03d}.weights.h5", {.save_weights_only = true, .save_freq = 3})},
       .shuffle = false});
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) files.insert(entry.path().filename());
  EXPECT_EQ(files, (std::set<std::string>{"1_003.weights.h5", "2_001.weights.h5", "2_004.weights.h5"}));
}

TEST(Callbacks, ModelCheckpointRefusesPaths) {
  EXPECT_EQ(error_of<ValueError>([] { ModelCheckpoint("m.txt"); }),
            "The filepath provided must end in `.keras` (Keras model format). Received: filepath=m.txt");
  EXPECT_EQ(error_of<ValueError>([] { ModelCheckpoint("m.keras", {.save_weights_only = true}); }),
            "When using `save_weights_only=True` in `ModelCheckpoint`, the filepath provided must end in `.weights.h5` (Keras "
            "weights format). Received: "
            "filepath=m.keras");
  EXPECT_EQ(error_of<ValueError>([] { ModelCheckpoint("m.keras", {.save_freq = "batch"}); }),
            "Unrecognized save_freq: batch. Expected save_freq are 'epoch' or integer values");
  const auto data = points();
  const auto text = error_of<ValueError>(
      [&] { line().fit(data.x, data.y, {.verbose = 0, .callbacks = {ModelCheckpoint("{val_loss:.2f}.keras")}}); });
  EXPECT_NE(text.find("Failed to format this callback filepath: \"{val_loss:.2f}.keras\""), text.npos) << text;
  EXPECT_NE(text.find("epoch, loss, mae"), text.npos) << text;
}

TEST(Callbacks, EventsAndParametersSurviveValidation) {
  class Watch : public Callback {
   public:
    std::vector<std::string> events;
    void on_train_begin() override { note("train"); }
    void on_test_begin() override { note("test"); }
    void on_epoch_end(int, LogValues& logs) override {
      note("epoch");
      logs.set("own", 7);
    }
    void on_train_end(const LogValues& logs) override { note(fmt::format("end {}", logs["own"])); }
    void note(const std::string& what) { events.push_back(fmt::format("{} of {} x {}", what, epochs_, steps_)); }
  };
  const auto watch = std::make_shared<Watch>();
  const auto data = points();
  const auto history =
      line().fit(data.x, data.y, {.batch_size = 4, .epochs = 2, .verbose = 0, .callbacks = {watch}, .validation_split = 0.5});
  EXPECT_EQ(watch->events, (std::vector<std::string>{"train of 2 x 2", "test of 2 x 2", "epoch of 2 x 2", "test of 2 x 2",
                                                     "epoch of 2 x 2", "end 7 of 2 x 2"}));
  EXPECT_EQ(history.history["own"], (std::vector<double>{7, 7}));
}

}  // namespace
}  // namespace cornu::keras

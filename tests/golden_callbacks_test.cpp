// Fits with callbacks as real Keras ran them (tools/golden/callbacks.py): texts, histories, weights, learning rates and files.
#include <filesystem>
#include <fstream>

#include "cornu/cornu.h"
#include "tests/golden_file.h"
#include "tests/temporary_folder.h"

namespace cornu::keras {
namespace {

using namespace callbacks;

// NaN is null in JSON.
double number(const Json& json) { return json.is_null() ? std::nan("") : json.get<double>(); }

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}

std::shared_ptr<Callback> scheduler(const std::string& name, LearningRateSchedulerArgs args) {
  if (name == "halve") return LearningRateScheduler([](int, double rate) { return rate * 0.5; }, args);
  if (name == "by_epoch") return LearningRateScheduler([](int epoch) { return 0.1 / (epoch + 1); }, args);
  return LearningRateScheduler([](int epoch) { return 1e-5 * (epoch + 1); }, args);
}

std::shared_ptr<Callback> callback(const std::string& class_name, const Json& config, const std::string& folder) {
  using saving::from_json;
  if (class_name == "ReduceLROnPlateau") return ReduceLROnPlateau(from_json<ReduceLROnPlateauArgs>(config));
  if (class_name == "EarlyStopping") return EarlyStopping(from_json<EarlyStoppingArgs>(config));
  if (class_name == "TerminateOnNaN") return TerminateOnNaN(from_json<TerminateOnNaNArgs>(config));
  if (class_name == "SwapEMAWeights") return SwapEMAWeights(from_json<SwapEMAWeightsArgs>(config));
  if (class_name == "LearningRateScheduler") return scheduler(config["schedule"], {.verbose = config.value("verbose", 0)});
  return ModelCheckpoint(replaced(config["filepath"], "FOLDER", folder), from_json<ModelCheckpointArgs>(config));
}

class GoldenCallbacks {
 public:
  GoldenCallbacks() {
    std::ifstream in(golden_path("callbacks/callbacks.json"));
    json_ = Json::parse(in);
  }
  const Json& json() const { return json_; }
  Tensor y() const { return table(json_["y"]); }
  Tensor x(std::optional<std::size_t> nan_at = {}) const {
    Json rows = json_["x"];
    if (nan_at) rows[*nan_at] = {nullptr, nullptr};
    return table(rows);
  }
  static Model line() {
    const auto model = Sequential({layers::Dense(1, {.input_shape = {2}})});
    model.set_weights({Tensor(std::vector<float>{0.25f, 0.25f}, {2, 1}), ops::zeros({1})});
    return model;
  }

 private:
  static Tensor table(const Json& rows) {
    std::vector<float> all;
    for (const Json& row : rows)
      for (const Json& value : row) all.push_back(static_cast<float>(number(value)));
    return Tensor(all, {static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size())});
  }
  Json json_;
};

void expect_weights(const Model& model, const Json& wanted, const std::string& what) {
  const auto weights = model.get_weights();
  ASSERT_EQ(weights.size(), wanted.size()) << what;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto got = weights[i].to_vector<double>();
    for (std::size_t j = 0; j < got.size(); ++j)
      if (const double want = number(wanted[i][j]); std::isnan(want)) EXPECT_TRUE(std::isnan(got[j])) << what;
      else EXPECT_NEAR(got[j], want, 1e-5) << what;
  }
}

void expect_history(const History& history, const Json& wanted, const std::string& what) {
  std::set<std::string> got, want;
  for (const auto& [name, values] : history.history)
    if (name != "score") got.insert(name);
  for (const auto& [name, values] : wanted.items()) want.insert(name);
  EXPECT_EQ(got, want) << what;
  for (const auto& [name, values] : wanted.items()) {
    const auto& ours = history.history[name];
    ASSERT_EQ(ours.size(), values.size()) << what << ", " << name;
    for (std::size_t i = 0; i < ours.size(); ++i)
      if (const double value = number(values[i]); std::isnan(value)) EXPECT_TRUE(std::isnan(ours[i])) << what << ", " << name;
      else EXPECT_NEAR(ours[i], value, 1e-6 + 1e-5 * std::abs(value)) << what << ", " << name << ", epoch " << i;
  }
}

void expect_files(const TemporaryFolder& folder, const Json& wanted, const std::string& what) {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) files.insert(entry.path().filename());
  EXPECT_EQ(files, wanted.get<std::set<std::string>>()) << what;
}

TEST(GoldenCallbacks, DoWhatKerasDoes) {
  const GoldenCallbacks golden;
  for (const Json& test : golden.json()["cases"]) {
    const auto what = test["name"].get<std::string>();
    const TemporaryFolder folder;
    const Model model = GoldenCallbacks::line();
    optimizers::SGDArgs optimizer{.learning_rate = 0.1};
    if (test.contains("optimizer")) optimizer.use_ema = true, optimizer.ema_momentum = test["optimizer"]["ema_momentum"];
    model.compile({.optimizer = optimizers::SGD(optimizer), .loss = "mse", .steps_per_execution = test.value("together", 1)});
    const auto nan_at = test.contains("nan_at") ? std::optional(test["nan_at"].get<std::size_t>()) : std::nullopt;
    const Tensor x = golden.x(nan_at), y = golden.y();
    FitArgs args{.batch_size = 4, .epochs = test["epochs"], .verbose = 0, .shuffle = false};
    args.callbacks = {
        LambdaCallback({.on_epoch_end = [&](int epoch, LogValues& logs) { logs.set("score", number(test["scores"][epoch])); }})};
    for (const Json& one : test["callbacks"]) args.callbacks.push_back(callback(one[0], one[1], folder.path()));
    if (test.contains("validation")) args.validation_data = ValidationData{x, y};
    testing::internal::CaptureStdout();
    std::string error;
    try {
      const History history = model.fit(x, y, args);
      if (test.contains("history")) expect_history(history, test["history"], what);
    } catch (const ValueError& e) {
      error = std::string("ValueError: ") + e.what();
    } catch (const RuntimeError& e) {
      error = std::string("RuntimeError: ") + e.what();
    }
    EXPECT_EQ(replaced(testing::internal::GetCapturedStdout(), folder.path(), "FOLDER"), test["text"].get<std::string>()) << what;
    EXPECT_EQ(error, test.value("error", "")) << what;
    expect_weights(model, test["weights"], what);
    const double rate = test["learning_rate"];
    EXPECT_NEAR(model.optimizer()->learning_rate().item<double>(), rate, 1e-6 * rate) << what;
    expect_files(folder, test["files"], what);
  }
}

TEST(GoldenCallbacks, GoOnFromKerasBackup) {
  const GoldenCallbacks golden;
  const Json& wanted = golden.json()["backup"];
  const TemporaryFolder folder;
  std::filesystem::copy(golden_path("callbacks/backup"), folder / "backup");
  const Model model = GoldenCallbacks::line();
  model.compile({.optimizer = optimizers::SGD({.learning_rate = 0.05, .momentum = 0.9}), .loss = "mse"});
  const auto history = model.fit(
      golden.x(), golden.y(),
      {.batch_size = 4, .epochs = 5, .verbose = 0, .callbacks = {BackupAndRestore(folder / "backup")}, .shuffle = false});
  EXPECT_EQ(history.epoch, wanted["epoch"].get<std::vector<int>>());
  expect_history(history, wanted["history"], "backup");
  expect_weights(model, wanted["weights"], "backup");
  EXPECT_FALSE(std::filesystem::exists(folder / "backup"));
}

}  // namespace
}  // namespace cornu::keras

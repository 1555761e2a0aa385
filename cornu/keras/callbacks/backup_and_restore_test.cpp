#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cornu/cornu.h"
#include "cornu/io/hdf5_reader.h"
#include "tests/expect_error.h"
#include "tests/temporary_folder.h"

extern char** environ;

// A process that trains is killed and started again, at every kind of place, until it ends: its weights are those of a process that
// nobody killed, bit for bit. The processes are tests/backup/trainee.cpp.

namespace cornu::keras {
namespace {

using namespace callbacks;
namespace fs = std::filesystem;
using Bytes = std::vector<char>;

Bytes bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// --- a training that dies ---

// Whether it ended by itself.
bool run_child(const Json& task) {
  const std::string text = task.dump();
  const char* arguments[] = {CORNU_BACKUP_TRAINEE, text.c_str(), nullptr};
  pid_t child = 0;
  EXPECT_EQ(posix_spawn(&child, CORNU_BACKUP_TRAINEE, nullptr, nullptr, const_cast<char**>(arguments), environ), 0);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  if (WIFSIGNALED(status)) EXPECT_EQ(WTERMSIG(status), SIGKILL);
  else EXPECT_EQ(WEXITSTATUS(status), 0);
  return !WIFSIGNALED(status);
}

struct Kill {
  const char* event;
  int count;
};

// What a training ends with that is killed at these places one after another; without any, one that is left alone.
Bytes weights_after(Json task, const std::vector<Kill>& kills) {
  const TemporaryFolder folder;
  task["folder"] = folder / "backup";
  task["out"] = folder / "out.keras";
  task["seed"] = 1;
  for (const auto& [event, count] : kills) {
    task["event"] = event;
    task["count"] = count;
    EXPECT_FALSE(run_child(task)) << event << " " << count << " never came";
    // The backup says how random numbers go on.
    if (fs::exists(folder / "backup/latest.weights.h5")) task["seed"] = task["seed"].get<int>() + 1;
  }
  task.erase("event");
  EXPECT_TRUE(run_child(task));
  EXPECT_FALSE(fs::exists(folder / "backup"));
  return bytes_of(folder / "out.keras.bytes");
}

void expect_same(const Json& task, const std::vector<Kill>& kills) {
  const Bytes alone = weights_after(task, {}), killed = weights_after(task, kills);
  EXPECT_GT(alone.size(), 1000u);
  EXPECT_TRUE(alone == killed) << task.dump();
}

TEST(BackupAndRestore, AKilledTrainingEndsAsOneThatWasNot) {
  expect_same({{"optimizer", "adam"}, {"freq", 4}},
              {{"batch_end", 6}, {"batch_begin", 13}, {"test_batch_end", 1}, {"train_end", 1}});
}

const std::vector<Kill> kEverywhere = {{"batch_end", 1},   {"epoch_begin", 1}, {"batch_end", 12},
                                       {"epoch_end", 1},   {"batch_begin", 7}, {"test_batch_end", 2},
                                       {"epoch_begin", 2}, {"batch_end", 8},   {"train_end", 1}};

TEST(BackupAndRestoreSlow, WhereverItIsKilled) {
  for (const char* optimizer : {"sgd", "rmsprop", "adam"})
    for (int freq : {0, 1, 5}) expect_same({{"optimizer", optimizer}, {"freq", freq}}, kEverywhere);
}

TEST(BackupAndRestoreSlow, WhileABackupIsBeingWritten) {
  const std::vector<Kill> kills = {{"writing", 1}, {"writing", 2}, {"writing", 5}, {"writing", 4}, {"writing", 7}};
  for (bool twice : {false, true}) expect_same({{"optimizer", "adam"}, {"freq", 1}, {"units", 5000}, {"double", twice}}, kills);
}

TEST(BackupAndRestoreSlow, WithStepsTogetherAndEpochsThatPartThePasses) {
  expect_same({{"optimizer", "sgd"}, {"freq", 3}, {"together", 2}}, {{"batch_end", 3}, {"batch_end", 7}, {"epoch_begin", 2}});
  expect_same({{"optimizer", "adam"}, {"freq", 2}, {"steps", 4}}, {{"batch_end", 3}, {"batch_end", 7}, {"epoch_begin", 2}});
  expect_same({{"optimizer", "adam"}, {"freq", 0}, {"steps", 4}}, {{"batch_end", 6}, {"epoch_begin", 2}, {"epoch_end", 1}});
}

// --- in one process ---

Model small_line() {
  const auto model = Sequential({layers::Dense(1, {.input_shape = {2}})});
  model.set_weights({Tensor(std::vector<float>{0.25f, 0.25f}, {2, 1}), ops::zeros({1})});
  model.compile({.optimizer = optimizers::SGD({.learning_rate = 0.1}), .loss = "mse"});
  return model;
}
ValidationData small_points() {
  const Tensor x = ops::reshape(ops::arange(20.0), {10, 2}) / 20.0;
  return {x, ops::sum(x, 1, true), {}};
}

// Thrown in the middle of a fit.
struct Accident {};
std::shared_ptr<Callback> accident_after(int batches) {
  auto left = std::make_shared<int>(batches);
  return LambdaCallback({.on_train_batch_end = [=](int64_t, const LogValues&) {
    if (--*left == 0) throw Accident();
  }});
}
FitArgs fit_args(Callbacks callbacks) { return {.batch_size = 2, .epochs = 3, .verbose = 0, .callbacks = std::move(callbacks)}; }

TEST(BackupAndRestore, KeepsKerasFiles) {
  const TemporaryFolder folder;
  const auto [x, y, none] = small_points();
  const auto backup = BackupAndRestore(folder / "a/b", {.save_freq = 3});
  const Model model = small_line();
  EXPECT_THROW(model.fit(x, y, fit_args({backup, accident_after(9)})), Accident);
  const Bytes metadata = bytes_of(folder / "a/b/training_metadata.json");
  EXPECT_EQ(std::string(metadata.begin(), metadata.end()), R"({"epoch":1,"batch":0})");  // the sixth batch
  const auto file = io::Hdf5File::open(folder / "a/b/latest.weights.h5");
  EXPECT_TRUE(file.root().contains("layers/dense/vars/1"));
  EXPECT_TRUE(file.root().contains("optimizer/vars/1"));
  // Another model of the same kind goes on; its history begins with the epoch in which it does.
  const auto history = small_line().fit(x, y, fit_args({backup}));
  EXPECT_EQ(history.epoch, (std::vector<int>{1, 2}));
  EXPECT_FALSE(fs::exists(folder / "a/b"));
}

TEST(BackupAndRestore, LeavesWhatIsNotItsOwn) {
  const TemporaryFolder folder;
  const auto [x, y, none] = small_points();
  std::ofstream(folder / "notes.txt") << "mine";
  std::ofstream(folder / "latest.weights.h5.77-0.tmp") << "of a killed process";
  small_line().fit(x, y, fit_args({BackupAndRestore(folder.path(), {.delete_checkpoint = false})}));
  EXPECT_TRUE(fs::exists(folder / "latest.weights.h5"));
  EXPECT_FALSE(fs::exists(folder / "latest.weights.h5.77-0.tmp"));
  // All epochs are done: nothing is left to train, and the weights are those of the backup.
  const Model again = small_line();
  EXPECT_TRUE(again.fit(x, y, fit_args({BackupAndRestore(folder.path())})).epoch.empty());
  EXPECT_NE(again.get_weights()[0].to_vector<float>(), small_line().get_weights()[0].to_vector<float>());
  EXPECT_FALSE(fs::exists(folder / "latest.weights.h5"));
  EXPECT_TRUE(fs::exists(folder / "notes.txt"));
}

TEST(BackupAndRestore, TheOneBeforeTheLastServesWhenTheLastIsDamaged) {
  const TemporaryFolder folder;
  const auto [x, y, none] = small_points();
  for (bool twice : {false, true}) {
    const auto backup = BackupAndRestore(folder / "backup", {.double_checkpoint = twice});
    EXPECT_THROW(small_line().fit(x, y, fit_args({backup, accident_after(11)})), Accident);
    fs::resize_file(folder / "backup/latest.weights.h5", 1000);
    if (twice) {
      EXPECT_EQ(small_line().fit(x, y, fit_args({backup})).epoch, (std::vector<int>{1, 2}));
      continue;
    }
    try {
      small_line().fit(x, y, fit_args({backup}));
      FAIL();
    } catch (const FileError& e) {
      EXPECT_NE(std::string(e.what()).find("remove the folder '" + (folder / "backup") + "' to begin anew"), std::string::npos)
          << e.what();
    }
    fs::remove_all(folder / "backup");
  }
}

TEST(BackupAndRestore, AGeneratorIsAskedAgainForWhatItGave) {
  const auto numbers = [] {
    return [next = 0]() mutable -> std::optional<GeneratedBatch> {
      const double value = 0.1 * (next++ % 7);
      return GeneratedBatch{TensorNest(ops::full({2, 2}, value)), TensorNest(ops::full({2, 1}, value)), {}};
    };
  };
  const auto args = [](Callbacks callbacks) {
    return FitArgs{.epochs = 3, .verbose = 0, .callbacks = std::move(callbacks), .steps_per_epoch = 4};
  };
  const TemporaryFolder folder;
  const Model alone = small_line(), other = small_line();
  alone.fit(numbers(), args({}));
  const auto backup = BackupAndRestore(folder / "backup", {.save_freq = 2});
  EXPECT_THROW(small_line().fit(numbers(), args({backup, accident_after(7)})), Accident);
  other.fit(numbers(), args({backup}));
  EXPECT_EQ(other.get_weights()[0].to_vector<float>(), alone.get_weights()[0].to_vector<float>());
}

TEST(BackupAndRestore, SaysWhatDoesNotFit) {
  const TemporaryFolder folder;
  const auto data = small_points();
  const auto fit = [&](const Model& model, int64_t batch_size) {
    FitArgs args = fit_args({BackupAndRestore(folder / "backup", {.save_freq = 1}), accident_after(2)});
    args.batch_size = batch_size;
    model.fit(data.x, data.y, args);
  };
  EXPECT_EQ(error_of<ValueError>([] { BackupAndRestore(""); }), "Empty `backup_dir` argument passed");
  EXPECT_THROW(BackupAndRestore("x", {.save_freq = 0}), ValueError);
  EXPECT_THROW(BackupAndRestore("x", {.save_freq = "batch"}), ValueError);
  EXPECT_THROW(fit(small_line(), 2), Accident);
  std::string text = error_of<ValueError>([&] { fit(small_line(), 5); });
  EXPECT_NE(text.find("had 5 batches there, and has 2 here"), text.npos) << text;
  const auto wide = Sequential({layers::Dense(1, {.use_bias = false, .input_shape = {2}})});
  wide.compile({.optimizer = "sgd", .loss = "mse"});
  text = error_of<ValueError>([&] { fit(wide, 2); });
  EXPECT_NE(text.find("latest.weights.h5"), text.npos) << text;
  const auto unbuilt = Sequential({layers::Dense(1)});
  unbuilt.compile({.optimizer = "sgd", .loss = "mse"});
  text = error_of<ValueError>([&] { fit(unbuilt, 2); });
  EXPECT_NE(text.find("must be built before you call `fit()`"), text.npos) << text;
  std::ofstream(folder / "file") << "no folder";
  EXPECT_THROW(small_line().fit(data.x, data.y, fit_args({BackupAndRestore(folder / "file/backup")})), FileError);
}

}  // namespace
}  // namespace cornu::keras

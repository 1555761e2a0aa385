#include <signal.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "cornu/cornu.h"

// The process that cornu/keras/callbacks/backup_and_restore_test.cpp kills: trains as its argument, a JSON object, says, and dies where
// that says. What it ends with it writes, byte for byte.

namespace cornu::keras {
namespace {

using namespace callbacks;
namespace fs = std::filesystem;

Optimizer optimizer_called(const std::string& name) {
  if (name == "sgd") return optimizers::SGD({.learning_rate = 0.05, .momentum = 0.9, .nesterov = true});
  if (name == "rmsprop") return optimizers::RMSprop({.learning_rate = 0.01, .momentum = 0.5, .centered = true});
  return optimizers::Adam({.learning_rate = 0.01,
                           .amsgrad = true,
                           .weight_decay = 0.01,
                           .global_clipnorm = 1.0,
                           .use_ema = true,
                           .ema_momentum = 0.9,
                           .ema_overwrite_frequency = 5,
                           .gradient_accumulation_steps = 2});
}

Model model_of(const Json& task) {
  using namespace layers;
  const auto model = Sequential({Dense(16, {.activation = "relu", .input_shape = {6}}), BatchNormalization(), Dropout(0.3),
                                 GaussianNoise(0.1), Dense(task.value("units", 8), {.activation = "tanh"}),
                                 Dropout(0.2, {.seed = 5}), Dense(3, {.activation = "softmax"})});
  model.compile({.optimizer = optimizer_called(task["optimizer"]),
                 .loss = "categorical_crossentropy",
                 .metrics = {"accuracy"},
                 .steps_per_execution = task.value("together", 1)});
  return model;
}

// Dies at the n-th event of a kind: no destructor runs, nothing is flushed.
struct Killer {
  std::string event;
  int left;
  void see(const std::string& what) {
    if (what == event && --left == 0) ::kill(::getpid(), SIGKILL);
  }
};

std::shared_ptr<Callback> killing(const std::shared_ptr<Killer>& killer) {
  return LambdaCallback({.on_epoch_begin = [=](int) { killer->see("epoch_begin"); },
                         .on_epoch_end = [=](int, LogValues&) { killer->see("epoch_end"); },
                         .on_train_end = [=](const LogValues&) { killer->see("train_end"); },
                         .on_train_batch_begin = [=](int64_t) { killer->see("batch_begin"); },
                         .on_train_batch_end = [=](int64_t, const LogValues&) { killer->see("batch_end"); },
                         .on_test_batch_end = [=](int64_t, const LogValues&) { killer->see("test_batch_end"); }});
}

// Dies while the n-th temporary file of a backup is being written.
void kill_while_writing(const std::string& folder, int left) {
  for (std::string last;;) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
      const std::string name = entry.path().filename();
      if (!name.ends_with(".tmp") || name == last) continue;
      last = name;
      if (--left == 0) ::kill(::getpid(), SIGKILL);
    }
  }
}

void train(const Json& task) {
  utils::set_random_seed(task["seed"].get<int64_t>());
  const Model model = model_of(task);
  std::vector<float> x, y;
  for (int i = 0; i < 90; ++i) {
    for (int j = 0; j < 6; ++j) x.push_back(static_cast<float>(std::sin(1.7 * i + j * j)));
    for (int j = 0; j < 3; ++j) y.push_back(i % 3 == j ? 1.0f : 0.0f);
  }
  const std::string folder = task["folder"];
  const auto killer = std::make_shared<Killer>(Killer{task.value("event", ""), task.value("count", 0)});
  if (killer->event == "writing") std::thread(kill_while_writing, folder, killer->left).detach();
  BackupAndRestoreArgs backup{.double_checkpoint = task.value("double", false)};
  if (const int freq = task["freq"]) backup.save_freq = freq;
  FitArgs args{.batch_size = 8,
               .epochs = 4,
               .verbose = 0,
               .callbacks = {BackupAndRestore(folder, backup), killing(killer),
                             LearningRateScheduler([](int, double rate) { return rate * 0.9; }),
                             ReduceLROnPlateau({.monitor = "loss", .patience = 1, .min_delta = 0.02}),
                             EarlyStopping({.patience = 2, .restore_best_weights = true})},
               .validation_split = 0.2};
  if (task.contains("steps")) args.steps_per_epoch = task["steps"], args.epochs = 5;
  model.fit(Tensor(x, {90, 6}), Tensor(y, {90, 3}), args);
  model.save(task["out"]);
  std::ofstream weights(task["out"].get<std::string>() + ".bytes", std::ios::binary);
  auto variables = model.variables();
  for (const Variable& v : model.optimizer()->variables()) variables.push_back(v);
  for (const Variable& v : variables)
    weights.write(reinterpret_cast<const char*>(v.read_bytes()), static_cast<std::streamsize>(v.size() * v.dtype().size()));
}

}  // namespace
}  // namespace cornu::keras

int main(int, char** arguments) { cornu::keras::train(cornu::Json::parse(arguments[1])); }

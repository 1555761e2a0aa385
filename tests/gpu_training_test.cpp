// Keras's loops with a card as the device: whatever they do on the CPU, with the same numbers.
#include <map>
#include <thread>

#include "cornu/base/timeline.h"
#include "cornu/cornu.h"
#include "cornu/keras/trainers/step_report.h"
#include "cornu/ops/one_hot/one_hot.h"
#include "tests/gpu_test.h"

namespace cornu::cuda {
namespace {

namespace keras = cornu::keras;
using namespace keras::layers;

class GpuTraining : public GpuTest {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    if (IsSkipped()) return;
    gpus.reset();
    gpus = std::make_unique<devices::ScopedContext>(with_running_gpus());
    devices::initialize("a test");
  }
  // The card as logical devices of so many MiB.
  void divide(const std::vector<int64_t>& limits) {
    gpus.reset();
    gpus = std::make_unique<devices::ScopedContext>(with_running_gpus());
    std::vector<config::LogicalDeviceConfiguration> parts;
    for (const int64_t limit : limits) parts.push_back({.memory_limit = limit});
    config::set_logical_device_configuration(config::list_physical_devices("GPU")[0], parts);
  }
  static keras::Model network() {
    const auto model = keras::Sequential(
        {Dense(16, {.activation = "relu", .input_shape = {20}}), Dropout(0.2), Dense(3, {.activation = "softmax"})});
    model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
    return model;
  }
  // The same training from the same seeds.
  struct Trained {
    keras::Model model;
    keras::History history;
    Tensor predictions;
  };
  Trained train(const char* device) {
    const auto scope = cornu::device(device);
    keras::utils::set_random_seed(7);
    const auto model = network();
    const Tensor x = keras::random::normal({50, 20}), y = keras::random::randint({50}, 0, 3);
    Trained out{.model = model,
                .history = model.fit(x, y, {.batch_size = 16, .epochs = 3, .verbose = 0, .validation_split = 0.2})};
    out.predictions = model.predict(x, {.verbose = 0});
    return out;
  }
  static double difference(const Tensor& a, const Tensor& b) {
    return keras::ops::max(keras::ops::abs(a - b)).item<float>() /
           std::max(1e-3, double(keras::ops::max(keras::ops::abs(b)).item<float>()));
  }
};

TEST_F(GpuTraining, FitEvaluateAndPredictEqualTheCpus) {
  const Trained on_gpu = train("/GPU:0"), on_cpu = train("/CPU:0");
  EXPECT_GT(config::get_memory_info("GPU:0").peak, 0);
  for (const auto& [name, values] : on_cpu.history.history)
    for (std::size_t epoch = 0; epoch < values.size(); ++epoch)
      EXPECT_NEAR(on_gpu.history.history[name][epoch], values[epoch], 5e-5) << name << " of epoch " << epoch;
  const auto got = on_gpu.model.weights(), expected = on_cpu.model.weights();
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_LT(difference(got[i].value(), expected[i].value()), 2e-4) << got[i].path();
  EXPECT_LT(difference(on_gpu.predictions, on_cpu.predictions), 1e-4);
}

// An index that no row or class has: the words and weights are the CPU's, whether the step is walked or is a recorded graph. Training
// goes on behind it.
TEST_F(GpuTraining, ABadIndexChangesNothingAndIsTold) {
  struct Seen {
    std::vector<std::string> words;
    std::vector<Tensor> weights;
  };
  const auto train_badly = [&](const char* device) {
    const auto scope = cornu::device(device);
    keras::utils::set_random_seed(3);
    const auto model = keras::Sequential({Embedding(10, 6), Flatten(), Dense(3, {.activation = "softmax"})});
    model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
    const Tensor x = keras::random::randint({8, 4}, 0, 10), y = keras::random::randint({8}, 0, 3);
    Seen seen;
    const auto step = [&](const Tensor& ids, const Tensor& labels) {
      try {
        model.train_on_batch(ids, labels);
        seen.words.emplace_back("");
      } catch (const ValueError& e) {
        seen.words.emplace_back(e.what());
      }
      for (const Variable& weight : model.weights()) seen.weights.push_back(keras::ops::copy(weight.value()));
    };
    step(x + 8, y);
    for (int i = 0; i < 3; ++i) step(x, y);
    step(x - 1, y);
    step(x, y + 1);
    step(x, y);
    return seen;
  };
  const Seen on_gpu = train_badly("/GPU:0"), on_cpu = train_badly("/CPU:0");
  EXPECT_EQ(on_gpu.words, on_cpu.words);
  EXPECT_NE(on_gpu.words.at(0).find("Embedding"), std::string::npos) << on_gpu.words.at(0);
  EXPECT_NE(on_gpu.words.at(5).find("sparse"), std::string::npos) << on_gpu.words.at(5);
  ASSERT_EQ(on_gpu.weights.size(), on_cpu.weights.size());
  for (std::size_t i = 0; i < on_gpu.weights.size(); ++i) EXPECT_LT(difference(on_gpu.weights[i], on_cpu.weights[i]), 1e-5) << i;
}

// What only a library or a kernel written by hand can make does not go straight into a variable where an index may be wrong.
TEST_F(GpuTraining, ABadIndexLeavesVariablesThatLibrariesWrite) {
  const auto scope = cornu::device("/GPU:0");
  const Tensor table = keras::random::normal({4, 3});
  const Variable rows(keras::ops::zeros({2, 3})), products(keras::ops::zeros({4, 4}));
  const Function f = jit([&](const TensorNest& ids) {
    const Tensor checked(ops::check_index(ids.leaf().value(), 4, "rows"));
    rows.assign(keras::ops::take(table, checked, 0));
    products.assign(keras::ops::matmul(table, keras::ops::transpose(table)));
    return TensorNest(checked + 1);
  });
  const Tensor bad = Tensor(std::vector<int32_t>{1, 7}), good = Tensor(std::vector<int32_t>{1, 3});
  const auto sum = [](const Variable& v) { return keras::ops::sum(keras::ops::abs(v.value())).item<float>(); };
  for (int i = 0; i < 3; ++i) EXPECT_THROW(f(bad), ValueError);
  EXPECT_EQ(sum(rows), 0);
  EXPECT_EQ(sum(products), 0);
  f(good);
  EXPECT_GT(sum(rows), 0);
  EXPECT_GT(sum(products), 0);
  EXPECT_EQ(difference(rows.value(), keras::ops::take(table, good, 0)), 0);
}

// The paragraph, an exception, and the process goes on with less.
TEST_F(GpuTraining, OutOfMemoryLeavesEverythingUsable) {
  divide({400});
  const auto scope = cornu::device("/GPU:0");
  const auto model = network();
  const auto fit = [&](int rows) {
    model.fit(keras::random::normal({rows, 20}), keras::random::randint({rows}, 0, 3), {.batch_size = rows, .verbose = 0});
  };
  fit(16);
  const auto before = model.get_weights();
  EXPECT_THROW(fit(8'000'000), ResourceExhaustedError);
  const auto after = model.get_weights();
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(difference(before[i], after[i]), 0);
  fit(16);
  EXPECT_GT(difference(before[0], model.get_weights()[0]), 0);
}

// Each of two devices brings home what the other has written, in both directions at once.
TEST_F(GpuTraining, TwoDevicesShareVariables) {
  divide({100, 100});
  const Variable a(keras::ops::zeros({4})), b(keras::ops::zeros({4}));
  const auto add_one = [](const Variable& from, const Variable& to) {
    return jit([=](const TensorNest& one) {
      to.assign(from.value() + one.leaf());
      return one;
    });
  };
  constexpr int kTurns = 20;
  const auto work = [&](const char* device, const Variable& from, const Variable& to) {
    const auto scope = cornu::device(device);
    const auto step = add_one(from, to);
    for (int i = 0; i < kTurns; ++i) step(TensorNest(keras::ops::ones({4})));
  };
  std::thread other([&] { work("/GPU:1", a, b); });
  work("/GPU:0", b, a);
  other.join();
  EXPECT_GE(a.value().to_vector<float>()[0], 1);
}

// What `cornu train --profile` shows: each kernel and copy of the card lies within a run of the host's.
TEST_F(GpuTraining, ATraceHasTheCardsKernels) {
  const auto scope = cornu::device("/GPU:0");
  const auto model = network();
  timeline::start();
  model.fit(keras::random::normal({64, 20}), keras::random::randint({64}, 0, 3), {.batch_size = 16, .epochs = 4, .verbose = 0});
  const timeline::Recording recording = timeline::stop();
  const int64_t slack = is_real() ? 1'000'000 : 20'000;  // nanoseconds that two clocks may differ
  std::map<std::string, int> found;
  std::vector<timeline::Event> runs;
  for (const auto& event : recording.events)
    if (event.name == "train_step") runs.push_back(event);
  for (const auto& event : recording.events) {
    if (event.device.empty()) continue;
    EXPECT_EQ(event.device, "GPU:0");
    ++found[event.category];
    EXPECT_TRUE(std::ranges::any_of(runs, [&](const auto& run) {
      return run.begin - slack <= event.begin && event.begin <= event.end && event.end <= run.end + slack;
    })) << event.name;
  }
  EXPECT_EQ(runs.size(), 16u);
  EXPECT_GE(found["kernel"], 8 * 8) << "eight runs are traced kernel by kernel";
  EXPECT_GE(found["copy"], 8 * 3);
  EXPECT_TRUE(std::ranges::any_of(recording.amounts, [](const auto& a) { return a.name == "GPU:0" && a.bytes > 0; }));
}

// `cornu compile` tells of a card that is not here what the allocator of one that is here sees.
TEST_F(GpuTraining, ThePeakIsThatOfTheReport) {
  const auto scope = cornu::device("/GPU:0");
  const auto model = keras::Sequential({Conv2D(4, 3, {.activation = "relu", .input_shape = {8, 8, 1}}), BatchNormalization(),
                                        MaxPooling2D(), Flatten(), Dense(3, {.activation = "softmax"})});
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  const auto report = keras::report_step(model, (*gpus)->find("GPU", 0)->target(), {.batch_size = 16});
  EXPECT_EQ(std::ranges::count(report.steps, true, &plan::StepReport::is_on_host), 0);
  model.fit(keras::random::normal({64, 8, 8, 1}), keras::random::randint({64}, 0, 3), {.batch_size = 16, .verbose = 0});
  EXPECT_EQ(config::get_memory_info("GPU:0").peak, report.memory.total());
}

}  // namespace
}  // namespace cornu::cuda

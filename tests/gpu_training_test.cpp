// Keras's loops with a card as the device: whatever they do on the CPU, with the same numbers.
#include <filesystem>
#include <map>
#include <thread>

#include "cornu/backend/cuda/kernel/kernel.h"
#include "cornu/base/timeline.h"
#include "cornu/keras/trainers/step_report.h"
#include "cornu/ops/one_hot/one_hot.h"
#include "tests/gpu_model_test.h"
#include "tests/temporary_folder.h"

namespace cornu::cuda {
namespace {

namespace keras = cornu::keras;
using namespace keras::layers;

class GpuTraining : public GpuModelTest {
 protected:
  // The card as logical devices of so many MiB.
  void divide(const std::vector<int64_t>& limits) {
    configure_anew();
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
  // Without jumps: where a maximum or a ReLU turns by a rounding, a gradient goes another way, and two trainings come apart. A bias before
  // a normalization has no gradient but roundings, of which Adam makes steps.
  static keras::Model convnet() {
    const auto model =
        keras::Sequential({Conv2D(6, 3, {.padding = "same", .use_bias = false, .input_shape = {10, 10, 2}}), BatchNormalization(),
                           Activation("silu"), AveragePooling2D(), Conv2D(8, 3, {.use_bias = false}), BatchNormalization(),
                           Activation("silu"), Flatten(), Dropout(0.2), Dense(3, {.activation = "softmax"})});
    model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
    return model;
  }
  // The same training from the same seeds.
  struct Trained {
    keras::Model model;
    keras::History history;
    Tensor predictions;
  };
  Trained train(keras::Model make(), const Shape& shape, const char* device) {
    const auto scope = cornu::device(device);
    keras::utils::set_random_seed(7);
    const auto model = make();
    const Tensor x = keras::random::normal(shape), y = keras::random::randint({50}, 0, 3);
    Trained out{.model = model,
                .history = model.fit(x, y, {.batch_size = 16, .epochs = 3, .verbose = 0, .validation_split = 0.2})};
    out.predictions = model.predict(x, {.verbose = 0});
    return out;
  }
  static void expect_equal(const Trained& on_gpu, const Trained& on_cpu) {
    for (const auto& [name, values] : on_cpu.history.history)
      for (std::size_t epoch = 0; epoch < values.size(); ++epoch)
        EXPECT_NEAR(on_gpu.history.history[name][epoch], values[epoch], 5e-5) << name << " of epoch " << epoch;
    const auto got = on_gpu.model.weights(), expected = on_cpu.model.weights();
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i)
      EXPECT_LT(difference(got[i].value(), expected[i].value()), 2e-4) << got[i].path();
    EXPECT_LT(difference(on_gpu.predictions, on_cpu.predictions), 1e-4);
  }
};

TEST_F(GpuTraining, FitEvaluateAndPredictEqualTheCpus) {
  expect_equal(train(network, {50, 20}, "/GPU:0"), train(network, {50, 20}, "/CPU:0"));
  EXPECT_GT(config::get_memory_info("GPU:0").peak, 0);
}

TEST_F(GpuTraining, AConvnetWithBatchNormalizationEqualsTheCpus) {
  expect_equal(train(convnet, {50, 10, 10, 2}, "/GPU:0"), train(convnet, {50, 10, 10, 2}, "/CPU:0"));
}

TEST_F(GpuTraining, TwoRunsHaveTheSameBits) {
  config::enable_op_determinism();
  const Trained a = train(convnet, {50, 10, 10, 2}, "/GPU:0"), b = train(convnet, {50, 10, 10, 2}, "/GPU:0");
  config::disable_op_determinism();
  for (const auto& [name, values] : a.history.history) EXPECT_EQ(values, b.history.history[name]) << name;
  for (std::size_t i = 0; i < a.model.weights().size(); ++i)
    EXPECT_EQ(difference(a.model.weights()[i].value(), b.model.weights()[i].value()), 0) << a.model.weights()[i].path();
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

// `fit` learns of it some batches later: the weights are those of the last good batch all the same.
TEST_F(GpuTraining, FitEndsWithTheWeightsOfTheLastGoodBatch) {
  const auto train_badly = [&](const char* device) {
    const auto scope = cornu::device(device);
    keras::utils::set_random_seed(3);
    const auto model = keras::Sequential({Dense(3, {.activation = "softmax", .input_shape = {4}})});
    model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
    const Tensor x = keras::random::normal({80, 4});
    const auto labels = [](int bad) {
      std::vector<int32_t> y(80, 1);
      if (bad >= 0) y[static_cast<std::size_t>(bad)] = 3;
      return Tensor(y);
    };
    EXPECT_THROW(model.fit(x, labels(30), {.batch_size = 4, .epochs = 2, .verbose = 0, .shuffle = false}), ValueError);
    const Tensor seen = keras::ops::copy(model.weights()[0].value());
    model.fit(x, labels(-1), {.batch_size = 4, .epochs = 1, .verbose = 0, .shuffle = false});
    return std::pair(seen, keras::ops::copy(model.weights()[0].value()));
  };
  const auto [seen, later] = train_badly("/GPU:0");
  const auto [expected, expected_later] = train_badly("/CPU:0");
  EXPECT_LT(difference(seen, expected), 1e-5);
  EXPECT_LT(difference(later, expected_later), 1e-5);
}

// Each thread gets its own rows, and its own error.
TEST_F(GpuTraining, ThreadsPredictTogether) {
  const auto scope = cornu::device("/GPU:0");
  const auto model = keras::Sequential({Embedding(10, 4), Flatten(), Dense(2, {.input_shape = {12}})});
  const Tensor ids = keras::random::randint({4, 3}, 0, 10);
  const Tensor expected = model.predict_on_batch(ids), bad = ids + 10;
  std::atomic<int> errors{0}, differences{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      const auto here = cornu::device("/GPU:0");
      for (int i = 0; i < 10; ++i) try {
          differences += difference(model.predict_on_batch((t + i) % 4 ? ids : bad), expected) > 1e-6;
        } catch (const ValueError&) {
          ++errors;
        }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(differences, 0);
  EXPECT_EQ(errors, 10);
}

// A failed step keeps programs of other shapes from writing too.
TEST_F(GpuTraining, TheRestOfTheDataDoesNotWriteBehindAFailure) {
  const auto train_badly = [&](const char* device) {
    const auto scope = cornu::device(device);
    keras::utils::set_random_seed(3);
    const auto model = keras::Sequential({Dense(3, {.activation = "softmax", .input_shape = {4}})});
    model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
    std::vector<int32_t> y(82, 1);
    y[78] = 3;
    EXPECT_THROW(model.fit(keras::random::normal({82, 4}), Tensor(y), {.batch_size = 4, .verbose = 0, .shuffle = false}),
                 ValueError);
    return keras::ops::copy(model.weights()[0].value());
  };
  EXPECT_LT(difference(train_badly("/GPU:0"), train_badly("/CPU:0")), 1e-5);
}

// A callback that evaluates on the way does not hear of it instead.
TEST_F(GpuTraining, AnErrorIsTheFitsThoughACallbackEvaluates) {
  struct Evaluates : keras::Callback {
    Tensor x, y;
    int count = 0;
    bool wants_logs_at_once() const override { return false; }
    void on_train_batch_end(int64_t batch, const keras::LogValues&) override {
      if (batch == 13) model().evaluate(x, y, {.verbose = 0}), ++count;
    }
  };
  const auto scope = cornu::device("/GPU:0");
  const auto model = keras::Sequential({Dense(3, {.activation = "softmax", .input_shape = {4}})});
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
  std::vector<int32_t> y(80, 1);
  const auto callback = std::make_shared<Evaluates>();
  callback->x = keras::random::normal({80, 4});
  callback->y = Tensor(y);
  y[42] = 3;
  EXPECT_THROW(model.fit(callback->x, Tensor(y), {.batch_size = 4, .verbose = 0, .callbacks = {callback}, .shuffle = false}),
               ValueError);
  EXPECT_EQ(callback->count, 1);
}

// Calls of a function that checks and writes are each other's no business.
TEST_F(GpuTraining, ThreadsThatWriteGetTheirOwnErrors) {
  const auto scope = cornu::device("/GPU:0");
  const Variable sum(keras::ops::zeros({}));
  const Function f = jit([&](const TensorNest& ids) {
    sum.assign_add(keras::ops::sum(cast(Tensor(ops::check_index(ids.leaf().value(), 4, "rows")), float32)));
    return ids;
  });
  const Tensor good(std::vector<int32_t>{1, 0}), bad(std::vector<int32_t>{1, 7});
  f(good);
  constexpr int kCalls = 25;
  std::atomic<int> refused{0};
  const auto call = [&](const Tensor& ids) {
    const auto here = cornu::device("/GPU:0");
    for (int i = 0; i < kCalls; ++i) try {
        f(ids);
      } catch (const ValueError&) {
        ++refused;
      }
  };
  std::thread other([&] { call(bad); });
  call(good);
  other.join();
  EXPECT_EQ(refused, kCalls);
  EXPECT_EQ(sum.value().item<float>(), kCalls + 1);
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

// Programs that do not run now give their memory to one that does, and get it again.
TEST_F(GpuTraining, IdleProgramsMakeRoom) {
  divide({220});
  const auto scope = cornu::device("/GPU:0");
  const auto model = keras::Sequential({Dense(3, {.kernel_initializer = "ones", .input_shape = {20}})});
  for (const int64_t rows : {900'000, 850'000, 900'000}) {
    const Tensor out = model.predict_on_batch(keras::ops::ones({rows, 20}));
    EXPECT_EQ(keras::ops::max(out).item<float>(), 20);
    EXPECT_EQ(keras::ops::min(out).item<float>(), 20);
  }
  EXPECT_THROW(model.predict_on_batch(keras::ops::ones({1'400'000, 20})), ResourceExhaustedError);
}

// In a process of its own: there the card stays lost.
TEST_F(GpuTraining, ALostCardIsNamedAndTheHostGoesOn) {
  if (is_real()) GTEST_SKIP() << "a real card is not to be lost";
  const TemporaryFolder folder;
  const std::string kept = folder / "kept.weights.h5", lost = folder / "lost.keras";
  const auto lose = [&] {
    const auto model = network();
    const auto fit = [&](const char* device) {
      const auto scope = cornu::device(device);
      model.fit(keras::random::normal({32, 20}), keras::random::randint({32}, 0, 3), {.verbose = 0});
    };
    const auto error_of = [](const auto& f) -> std::string {
      try {
        f();
      } catch (const DeviceError& e) {
        return e.what();
      }
      return "";
    };
    fit("/GPU:0");
    model.save_weights(kept);
    fit("/GPU:0");
    const Stream stream(gpu());
    const Module bad(gpu(), compile("extern \"C\" __global__ void f(float* x) { *x = 1; }", architecture()));
    launch(bad.find("f"), {}, stream, CUdeviceptr{4096});
    if (error_of([&] { stream.wait(); }).find("GPU 0 (NVIDIA Small) is lost to this process") == std::string::npos) std::exit(1);
    if (error_of([&] { fit("/GPU:0"); }).find("is lost") == std::string::npos) std::exit(2);
    if (error_of([&] { model.get_weights(); }).find("Go on from the last checkpoint") == std::string::npos) std::exit(3);
    if (error_of([&] { model.save(lost); }).empty() || std::filesystem::exists(lost)) std::exit(4);
    model.load_weights(kept);
    model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
    fit("/CPU:0");
  };
  EXPECT_EXIT((lose(), std::_Exit(0)), ::testing::ExitedWithCode(0), "");
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
  EXPECT_GE(found["copy"], 8 * 2) << "inputs and results";
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

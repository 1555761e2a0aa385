// Keras's loops with a card as the device: whatever they do on the CPU, with the same numbers.
#include <thread>

#include "cornu/cornu.h"
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

// A label that there is none of is the CPU's error, and the weights stay those of the last good step.
TEST_F(GpuTraining, ALabelOutOfRangeIsAValueErrorAndLeavesTheWeights) {
  const auto scope = cornu::device("/GPU:0");
  const auto model = network();
  const Tensor x = keras::random::normal({8, 20});
  model.fit(x, keras::random::randint({8}, 0, 3), {.batch_size = 8, .verbose = 0});
  const auto before = model.get_weights();
  try {
    model.fit(x, Tensor(std::vector<int>{0, 1, 2, 0, 1, 2, 7, 0}), {.batch_size = 8, .verbose = 0});
    ADD_FAILURE() << "a label of 7 among 3 classes";
  } catch (const ValueError& e) {
    EXPECT_NE(std::string(e.what()).find("7"), std::string::npos) << e.what();
  }
  const auto after = model.get_weights();
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(difference(before[i], after[i]), 0);
}

// The paragraph, an exception, and the process goes on with less.
TEST_F(GpuTraining, OutOfMemoryLeavesEverythingUsable) {
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
  gpus.reset();
  gpus = std::make_unique<devices::ScopedContext>(with_running_gpus());
  const auto card = config::list_physical_devices("GPU")[0];
  config::set_logical_device_configuration(card, {{.memory_limit = 100}, {.memory_limit = 100}});
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

}  // namespace
}  // namespace cornu::cuda

// Keras's loops with a card as the device: whatever they do on the CPU, with the same numbers.
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

}  // namespace
}  // namespace cornu::cuda

// Mixed precision on a card: what the CPU trains, in one recorded launch, by libraries that take 16-bit operands.
#include <cmath>

#include "cornu/keras/optimizers/loss_scale_optimizer.h"
#include "cornu/keras/trainers/step_report.h"
#include "tests/gpu_model_test.h"
#include "tests/networks.h"

namespace cornu::cuda {
namespace {

namespace keras = cornu::keras;
using namespace keras::layers;
using testing::seed_network;

// Both round each 16-bit value once, from sums in float32 whose orders differ: some fall to the other side (2^-11 of them in float16,
// 2^-8 in bfloat16), and Adam divides a gradient by its own size, so that a weight whose gradient is small moves otherwise, and
// an example or two of 96 change their class.
struct Policy {
  const char* name;
  double history, weights;
};
constexpr Policy kPolicies[] = {{"mixed_float16", 1e-3, 5e-3}, {"mixed_bfloat16", 2.5e-2, 5e-2}};

keras::Model convnet() {
  const auto model =
      keras::Sequential({Conv2D(8, 3, {.padding = "same", .use_bias = false, .input_shape = {10, 10, 1}}), BatchNormalization(),
                         ReLU(), MaxPooling2D(), Conv2D(12, 3, {.strides = {2, 2}, .padding = "same", .activation = "relu"}),
                         Flatten(), Dense(10, {.activation = "softmax"})});
  model.compile({.optimizer = "adam", .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  return model;
}

const keras::optimizers::LossScaleOptimizerImpl& scaled(const keras::Model& model) {
  return dynamic_cast<const keras::optimizers::LossScaleOptimizerImpl&>(*model.optimizer().impl());
}

class MixedPrecisionGpuTest : public GpuModelTest {
 protected:
  void TearDown() override { keras::config::set_dtype_policy("float32"); }

  // Pictures that hold their label, so that there is something to learn.
  static std::pair<Tensor, Tensor> data(const Shape& picture) {
    Shape shape{96};
    for (const int64_t extent : picture) shape.push_back(extent);
    const Tensor label = keras::random::randint({96}, 0, 10);
    Shape broadcast(std::vector<int64_t>(shape.rank(), 1));
    broadcast[0] = 96;
    const Tensor level = keras::ops::reshape(keras::ops::cast(label, float32), broadcast) * 0.1;
    return {keras::random::normal(shape) * 0.1 + level, keras::utils::to_categorical(label, 10)};
  }
  struct Trained {
    keras::Model model;
    keras::History history;
  };
  static Trained train(const char* device, keras::Model (*make)(), const Shape& picture) {
    const auto scope = cornu::device(device);
    keras::utils::set_random_seed(7);
    const auto model = make();
    const auto [x, y] = data(picture);
    return {model, model.fit(x, y, {.batch_size = 32, .epochs = 2, .verbose = 0})};
  }
  void expect_trains_alike(const Policy& policy, keras::Model (*make)(), const Shape& picture) {
    SCOPED_TRACE(policy.name);
    keras::config::set_dtype_policy(policy.name);
    const Trained on_gpu = train("/GPU:0", make, picture), on_cpu = train("/CPU:0", make, picture);
    for (const auto& [name, values] : on_cpu.history.history)
      for (std::size_t epoch = 0; epoch < values.size(); ++epoch)
        EXPECT_NEAR(on_gpu.history.history[name][epoch], values[epoch], policy.history) << name << " of epoch " << epoch;
    const auto got = on_gpu.model.weights(), expected = on_cpu.model.weights();
    for (std::size_t i = 0; i < got.size(); ++i)
      EXPECT_LT(difference(got[i].value(), expected[i].value()), policy.weights) << got[i].path();
    const auto state = on_gpu.model.optimizer()->variables(), wanted = on_cpu.model.optimizer()->variables();
    ASSERT_EQ(state.size(), wanted.size());
    for (std::size_t i = 0; i < state.size(); ++i) {
      if (state[i].shape().rank() > 0) continue;
      EXPECT_EQ(state[i].value().item(), wanted[i].value().item()) << state[i].path();
    }
  }
  plan::ProgramReport report(const keras::Model& model) {
    return keras::report_step(model, (*gpus)->find("GPU", 0)->target(), {.batch_size = 32});
  }
};

TEST_F(MixedPrecisionGpuTest, TheSeedNetworkTrainsAsOnTheCpu) {
  for (const Policy& policy : kPolicies) expect_trains_alike(policy, seed_network, {784});
}

TEST_F(MixedPrecisionGpuTest, AConvnetWithBatchNormalizationTrainsAsOnTheCpu) {
  for (const Policy& policy : kPolicies) expect_trains_alike(policy, convnet, {10, 10, 1});
}

// The finite test and the scale are of the step's one launch: nothing runs on the host, and libraries take 16 bits.
TEST_F(MixedPrecisionGpuTest, AStepIsOneLaunchOfKernelsAndLibrariesIn16Bits) {
  for (const Policy& policy : kPolicies) {
    keras::config::set_dtype_policy(policy.name);
    for (const auto& make : {seed_network, convnet}) {
      int products = 0, convolutions = 0;
      const std::string dtype = std::string(" in ") + (policy.name + std::strlen("mixed_"));
      for (const plan::StepReport& step : report(make()).steps) {
        EXPECT_FALSE(step.is_on_host) << step.kernel;
        const bool multiplies = step.kernel.starts_with("cublaslt"), convolves = step.kernel.starts_with("cudnn");
        EXPECT_EQ(step.kernel.find("matmul") != std::string::npos, multiplies) << step.kernel;
        EXPECT_EQ(step.kernel.find("convolution") != std::string::npos, convolves) << step.kernel;
        EXPECT_EQ(step.kernel.find(dtype) != std::string::npos, multiplies || convolves) << step.kernel;
        products += multiplies;
        convolutions += convolves;
      }
      EXPECT_EQ(products, make == seed_network ? 5 : 3);  // forwards, and the gradients of kernels and inputs that are needed
      EXPECT_EQ(convolutions, make == seed_network ? 0 : 5);
    }
  }
}

// Walked or recorded, a step whose gradients are not finite changes no weight and nothing of the inner optimizer. The averages of the
// normalization and the metrics go on, as in Keras.
TEST_F(MixedPrecisionGpuTest, AnOverflowHalvesTheScaleAndChangesNoWeight) {
  keras::config::set_dtype_policy("mixed_float16");
  const auto scope = cornu::device("/GPU:0");
  keras::utils::set_random_seed(5);
  const auto model = convnet();
  model.compile(
      {.optimizer = keras::optimizers::LossScaleOptimizer(keras::optimizers::Adam(), {.initial_scale = std::pow(2.0, 60)}),
       .loss = "categorical_crossentropy"});
  const auto [x, y] = data({10, 10, 1});
  const auto held = [&] {
    std::vector<Tensor> out;
    for (const Variable& v : model.trainable_weights()) out.push_back(keras::ops::copy(v.value()));
    return out;
  };
  const auto average = [&] { return keras::ops::copy(model.non_trainable_weights()[0].value()); };
  const auto before = held();
  Tensor mean = average();
  for (int step = 1; step <= 4; ++step) {
    auto values = model.train_on_batch(x, y);
    EXPECT_TRUE(std::isfinite(values["loss"]));
    EXPECT_EQ(scaled(model).dynamic_scale().item(), std::pow(2.0, 60 - step));
    EXPECT_EQ(model.optimizer()->iterations().item<int64_t>(), 0);
    const auto after = held();
    for (std::size_t i = 0; i < after.size(); ++i) EXPECT_EQ(difference(after[i], before[i]), 0) << i;
    EXPECT_GT(difference(average(), mean), 0);
    mean = average();
  }
  for (int step = 0; step < 56; ++step) model.train_on_batch(x, y);
  EXPECT_GT(model.optimizer()->iterations().item<int64_t>(), 0);
  EXPECT_GT(difference(held()[0], before[0]), 0);
}

TEST_F(MixedPrecisionGpuTest, TerminateOnNaNEndsATrainingThatWentAstray) {
  keras::config::set_dtype_policy("mixed_float16");
  const auto scope = cornu::device("/GPU:0");
  const auto model = seed_network();
  const auto [x, y] = data({784});
  const auto history =
      model.fit(x * std::nan(""), y, {.epochs = 5, .verbose = 0, .callbacks = {keras::callbacks::TerminateOnNaN()}});
  EXPECT_EQ(history.epoch.size(), 1u);
  EXPECT_LT(scaled(model).dynamic_scale().item(), 32768);
  EXPECT_TRUE(std::isfinite(keras::ops::sum(model.weights()[0].value()).item()));
}

}  // namespace
}  // namespace cornu::cuda

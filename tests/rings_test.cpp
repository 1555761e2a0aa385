// Whole steps of models, compiled for cards that are not here: by the real NVRTC and the real cuDNN, as far as these are installed.
#include <gtest/gtest.h>

#include "cornu/backend/cuda/library/cudnn.h"
#include "cornu/backend/cuda/library/nvrtc.h"
#include "cornu/keras/trainers/step_report.h"
#include "cornu/target/named.h"
#include "tests/networks.h"
#include "tests/rings.h"

namespace cornu {
namespace {

namespace keras = cornu::keras;
using namespace keras::layers;
using testing::seed_network;

keras::Model convnet() {
  const auto model =
      keras::Sequential({Conv2D(16, 3, {.use_bias = false, .input_shape = {28, 28, 1}}), BatchNormalization(), ReLU(),
                         MaxPooling2D(), Conv2D(32, 3, {.padding = "same", .activation = "relu"}), DepthwiseConv2D(3),
                         GlobalAveragePooling2D(), Dropout(0.3), Dense(10, {.activation = "softmax"})});
  model.compile({.optimizer = "rmsprop", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return model;
}
// Embedding, attention, norms.
keras::Model reader() {
  const Tensor tokens = keras::Input({16}, {.dtype = "int32"});
  Tensor x = Embedding(50, 32)(tokens);
  const Tensor attention = keras::ops::softmax(keras::ops::matmul(x, keras::ops::transpose(x, std::vector<int>{0, 2, 1})) / 8.0);
  x = LayerNormalization()(x + keras::ops::matmul(attention, x));
  x = x + Dense(32)(Dense(64, {.activation = "gelu"})(x));
  const keras::Model model(tokens, Dense(2, {.activation = "softmax"})(GlobalAveragePooling1D()(x)));
  model.compile({.optimizer = "adamw", .loss = "sparse_categorical_crossentropy"});
  return model;
}

class Ring : public ::testing::TestWithParam<std::string> {
 protected:
  const Target card_ = target::named_card(GetParam());

  void TearDown() override { keras::config::set_dtype_policy("float32"); }
  // A block must find room on a multiprocessor.
  void expect_to_fit(const plan::StepReport& step) {
    const ir::KernelReport& kernel = step.report;
    const auto& card = card_.cuda;
    EXPECT_LE(kernel.registers * kernel.threads, card.registers_per_block) << step.kernel;
    EXPECT_LE(kernel.shared_bytes, card.shared_memory_per_block) << step.kernel;
    EXPECT_LE(kernel.threads, card.threads_per_block) << step.kernel;
    if (kernel.stack_bytes > 0)
      std::printf("%s: %lld bytes of stack: %s\n", GetParam().c_str(), static_cast<long long>(kernel.stack_bytes),
                  step.kernel.c_str());
  }
};

TEST_P(Ring, StepsOfModelsCompile) {
  if (const std::string& problem = cuda::opened<cuda::Nvrtc>().problem; !problem.empty()) GTEST_SKIP() << problem;
  int64_t kernels = 0, plans = 0;
  for (const auto& model : {seed_network(), convnet(), reader()})
    for (const bool training : {true, false}) {
      const auto report = keras::report_step(model, card_, {.batch_size = 8, .training = training});
      for (const plan::StepReport& step : report.steps) {
        EXPECT_FALSE(step.is_on_host) << step.kernel;
        expect_to_fit(step);
        kernels += step.report.registers > 0;
        plans += step.report.details.starts_with("engine");
      }
    }
  EXPECT_GT(kernels, 60);
  testing::count("nvrtc", "kernels", kernels);
  testing::count("nvrtc", "architectures", 1);
  testing::count("cudnn", "plans", plans);
  if (cuda::opened<cuda::Cudnn>().problem.empty()) {
    EXPECT_GT(plans, 8);
  }
}

// Convolutions in 16 bits are cuDNN's wherever the card multiplies these.
TEST_P(Ring, StepsOfMixedPrecisionCompile) {
  if (const std::string& problem = cuda::opened<cuda::Nvrtc>().problem; !problem.empty()) GTEST_SKIP() << problem;
  int64_t kernels = 0, plans = 0;
  for (const char* policy : {"mixed_float16", "mixed_bfloat16"}) {
    keras::config::set_dtype_policy(policy);
    const bool is_of_libraries = policy == std::string("mixed_float16") || card_.cuda.compute_capability >= 800;
    for (const auto& model : {seed_network(), convnet()})
      for (const plan::StepReport& step : keras::report_step(model, card_, {.batch_size = 8}).steps) {
        EXPECT_FALSE(step.is_on_host) << step.kernel;
        expect_to_fit(step);
        const bool has_engine = step.report.details.starts_with("engine");
        if (step.kernel.find("matmul") != std::string::npos) {
          EXPECT_EQ(step.kernel.starts_with("cublaslt"), is_of_libraries);
        }
        if (step.kernel.find("convolution") != std::string::npos && cuda::opened<cuda::Cudnn>().problem.empty()) {
          EXPECT_EQ(has_engine, is_of_libraries) << step.kernel;
        }
        kernels += step.report.registers > 0;
        plans += has_engine;
      }
  }
  testing::count("nvrtc", "kernels", kernels);
  testing::count("cudnn", "plans", plans);
}

INSTANTIATE_TEST_SUITE_P(OnEachCard, Ring, ::testing::ValuesIn(target::card_names()),
                         [](const auto& card) { return card.param; });

// A step of the MLP is a dozen launches (docs/map.md).
TEST(StepProgram, TheSeedNetworksStepHasTwelveLaunches) {
  const auto program = keras::step_program(seed_network(), target::named_card("h100"));
  EXPECT_LE(program->steps.size(), 12u) << program->text();
}
// One casts the weights; the scaled loss has the test and the scale besides.
TEST(StepProgram, MixedPrecisionAddsFewLaunches) {
  for (const auto& [policy, launches] : {std::pair("mixed_bfloat16", 13u), {"mixed_float16", 17u}}) {
    keras::config::set_dtype_policy(policy);
    const auto program = keras::step_program(seed_network(), target::named_card("h100"));
    EXPECT_LE(program->steps.size(), launches) << program->text();
  }
  keras::config::set_dtype_policy("float32");
}
// What a gradient needs of a normalization is computed again from the convolution's result, in 16 bits.
TEST(StepProgram, AConvolutionAndItsNormalizationKeepOneActivationEach) {
  const auto scratch = [](const char* policy) {
    keras::config::set_dtype_policy(policy);
    Tensor x = keras::Input({64, 64, 8});
    const Tensor input = x;
    for (int i = 0; i < 8; ++i) x = ReLU()(BatchNormalization()(Conv2D(8, 3, {.padding = "same"})(x)));
    const keras::Model model(input, x);
    model.compile({.optimizer = "sgd", .loss = "mse"});
    keras::config::set_dtype_policy("float32");
    return keras::step_program(model, target::named_card("h100"), {.batch_size = 32})->scratch_bytes -
           target::named_card("h100").convolution_workspace();
  };
  const int64_t activation = int64_t{32} * 64 * 64 * 8 * 4;
  EXPECT_LT(scratch("float32"), 21 * activation);  // 16, and what the gradient is made of
  EXPECT_LT(scratch("mixed_float16"), 13 * activation);
}

}  // namespace
}  // namespace cornu

#include "cornu/plan/device_runner.h"

#include <random>

#include "cornu/cornu.h"
#include "cornu/exec/eager.h"
#include "cornu/exec/executable.h"
#include "cornu/keras/layers/call_scope.h"
#include "cornu/trace.h"
#include "tests/gpu_test.h"

namespace cornu::plan {
namespace {

namespace keras = cornu::keras;
using namespace keras::layers;
using devices::Allocator;

// A traced step of a model, run by the host and by the card from equal weights on equal batches.
class DeviceRunnerTest : public cuda::GpuTest {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    if (IsSkipped()) return;
    devices::initialize("a test");
    device_ = (*gpus)->find("GPU", 0);
  }

  // A function as a program of the card's, with memory of its own for what it reads and keeps.
  struct OnCard {
    Traced traced;
    std::shared_ptr<const Program> program;
    std::vector<Allocator::Piece> variables, captures;
    std::vector<std::shared_ptr<devices::Array>> inputs;
    std::vector<const void*> addresses;  // of the inputs

    void bind(DeviceRunner& runner) const {
      for (std::size_t i = 0; i < variables.size(); ++i)
        runner.bind(Where::variable, static_cast<int>(i), variables[i].address());
      for (std::size_t i = 0; i < captures.size(); ++i) runner.bind(Where::capture, static_cast<int>(i), captures[i].address());
    }
  };
  using TensorFunction = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;
  OnCard put_on_card(const TensorFunction& f, const std::vector<Tensor>& inputs) {
    exec::evaluate(values_of(inputs));
    Trace tracing;
    std::vector<Tensor> parameters;
    for (const Tensor& input : inputs) parameters.emplace_back(tracing.parameter(input.spec()));
    OnCard out{.traced = tracing.finish(values_of(f(parameters)))};
    out.program = compile(out.traced.function, device_->target(), "test");
    devices::Runtime& runtime = *device_->runtime();
    for (const auto& variable : out.traced.variables) out.variables.push_back(upload(runtime, *variable->snapshot()));
    for (const auto& capture : out.traced.captures) out.captures.push_back(upload(runtime, *capture));
    for (const Tensor& input : inputs) {
      out.inputs.push_back(exec::array_of(input.value()));
      out.addresses.push_back(out.inputs.back()->bytes());
    }
    return out;
  }

  struct Differences {
    double results = 0, variables = 0;
    int steps = 0, host_steps = 0;
    bool is_recorded = false;
    std::string program;
  };

  // Runs a function of the inputs a few times both ways; variables go on from run to run.
  Differences compare(const TensorFunction& f, const std::vector<Tensor>& inputs, int runs) {
    OnCard card = put_on_card(f, inputs);
    const auto& [traced, program, variables, captures, arrays, addresses] = card;
    Differences out{.steps = static_cast<int>(program->steps.size()), .program = program->text()};
    for (const Step& step : program->steps) out.host_steps += step.kernel->kind() == TargetKind::cpu;
    devices::Runtime& runtime = *device_->runtime();
    DeviceRunner runner(program, runtime);
    card.bind(runner);
    const exec::Executable host(exec::program_for(traced.function, Target::host(), "test"), traced.variables, traced.captures);
    for (int run = 0; run < runs; ++run) {
      std::vector<std::vector<std::byte>> got;
      std::vector<void*> to;
      for (const ir::Spec& spec : program->results)
        to.push_back(got.emplace_back(static_cast<std::size_t>(ir::bytes_of(spec))).data());
      runner.start(addresses, to)->finish();
      const auto expected = host.run(arrays);
      for (std::size_t i = 0; i < expected.size(); ++i)
        out.results = std::max(out.results, difference(expected[i]->spec(), got[i].data(), expected[i]->bytes()));
    }
    for (std::size_t i = 0; i < traced.variables.size(); ++i) {
      const auto expected = traced.variables[i]->snapshot();
      std::vector<std::byte> got(expected->size_bytes());
      runtime.copy_out(got.data(), variables[i].address(), got.size());
      out.variables = std::max(out.variables, difference(expected->spec(), got.data(), expected->bytes()));
    }
    out.is_recorded = runner.is_recorded();
    return out;
  }

  void start_many(int64_t numbers) {
    Trace tracing;
    const Tensor parameter(tracing.parameter({float32, {numbers}}));
    const Traced traced = tracing.finish(values_of({keras::ops::exp(parameter) + 1.0}));
    DeviceRunner runner(compile(traced.function, device_->target(), "test"), *device_->runtime());
    constexpr int kRuns = 21;
    const auto size = static_cast<std::size_t>(numbers);
    std::vector<std::vector<float>> results(kRuns, std::vector<float>(size));
    std::vector<std::shared_ptr<DeviceRun>> runs;
    for (int i = 0; i < kRuns; ++i) {
      std::vector<float> input(size, i * 0.1f);
      const void* const from[] = {input.data()};
      void* const to[] = {results[static_cast<std::size_t>(i)].data()};
      runs.push_back(runner.start(from, to));
      std::ranges::fill(input, -1.0f);
    }
    for (std::size_t i = runs.size(); i-- > 0;) {
      runs[i]->finish();
      EXPECT_TRUE(runs[i]->is_over());
      for (const float got : results[i]) ASSERT_NEAR(got, std::exp(i * 0.1f) + 1, 1e-4) << i;
    }
  }

  static std::vector<ir::Value> values_of(const std::vector<Tensor>& tensors) {
    std::vector<ir::Value> values;
    for (const Tensor& tensor : tensors) values.push_back(tensor.value());
    return values;
  }
  static Allocator::Piece upload(devices::Runtime& runtime, const devices::Array& array) {
    auto piece = runtime.memory().allocate(std::max<std::size_t>(array.size_bytes(), 1), "variable");
    runtime.copy_in(piece.address(), array.bytes(), array.size_bytes());
    return piece;
  }
  // The largest, relative to the largest element.
  static double difference(const ir::Spec& spec, const std::byte* got, const std::byte* expected) {
    return dispatch(spec.dtype, [&]<class T>(T) {
      double largest = 1e-3, worst = 0;
      for (int64_t i = 0; i < spec.shape.elements(); ++i) {
        T a, b;
        std::memcpy(&a, got + i * static_cast<int64_t>(sizeof(T)), sizeof(T));
        std::memcpy(&b, expected + i * static_cast<int64_t>(sizeof(T)), sizeof(T));
        largest = std::max(largest, std::abs(double(b)));
        worst = std::max(worst, std::abs(double(a) - double(b)));
        if (double(a) != double(a)) worst = 1e9;
      }
      return worst / largest;
    });
  }

  devices::Device* device_ = nullptr;
};

TEST_F(DeviceRunnerTest, AFunctionEqualsTheHosts) {
  const auto found = compare(
      [](const std::vector<Tensor>& in) {
        const Tensor product = keras::ops::matmul(in[0], in[1]);
        return std::vector<Tensor>{keras::ops::softmax(product), keras::ops::sum(product, 0), keras::ops::tanh(in[0])};
      },
      {keras::random::normal({32, 20}), keras::random::normal({20, 12})}, 3);
  EXPECT_LT(found.results, 1e-6);
  EXPECT_EQ(found.host_steps, 0);
  EXPECT_TRUE(found.is_recorded);
}

// Forward, loss, gradients, Adam, metrics, and the dropout's random numbers.
TEST_F(DeviceRunnerTest, TrainingStepsEqualTheHosts) {
  const auto model = keras::Sequential(
      {Dense(16, {.activation = "relu", .input_shape = {20}}), Dropout(0.3), Dense(4, {.activation = "softmax"})});
  model.compile({.optimizer = "adam", .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  const Tensor labels = keras::utils::to_categorical(keras::random::randint({8}, 0, 4), 4);
  const auto found = compare(
      [&](const std::vector<Tensor>& in) {
        const keras::CallScope scope(true);
        std::vector<Tensor> logs;
        for (const auto& [name, tensor] : model->train_step({.x = in[0], .y = in[1]})) logs.push_back(tensor);
        return logs;
      },
      {keras::random::normal({8, 20}), labels}, 5);
  EXPECT_LT(found.results, 1e-5);
  EXPECT_LT(found.variables, 1e-4);
  EXPECT_EQ(found.host_steps, 0);
  EXPECT_TRUE(found.is_recorded);
}

// A record launched again and again has the bits of the program that is walked anew each time.
TEST_F(DeviceRunnerTest, ReplaysEqualWalks) {
  const int runs = is_real() ? 1000 : 30;
  const auto model = keras::Sequential(
      {Dense(16, {.activation = "relu", .input_shape = {20}}), Dropout(0.3), Dense(4, {.activation = "softmax"})});
  model.compile({.optimizer = "adam", .loss = "categorical_crossentropy"});
  const auto step = [&](const std::vector<Tensor>& in) {
    const keras::CallScope scope(true);
    return std::vector<Tensor>{model->train_step({.x = in[0], .y = in[1]}).front().second};
  };
  const std::vector<Tensor> batch{keras::random::normal({8, 20}),
                                  keras::utils::to_categorical(keras::random::randint({8}, 0, 4), 4)};
  const auto after = [&](bool is_recorded) {
    const OnCard card = put_on_card(step, batch);
    devices::Runtime& runtime = *device_->runtime();
    std::unique_ptr<DeviceRunner> runner;
    for (int run = 0; run < runs; ++run) {
      if (!runner || !is_recorded) {  // a runner's first run is walked
        runner = std::make_unique<DeviceRunner>(card.program, runtime);
        card.bind(*runner);
      }
      float loss = 0;
      void* const to[] = {&loss};
      runner->start(card.addresses, to)->finish();
    }
    EXPECT_EQ(runner->is_recorded(), is_recorded);
    std::vector<std::vector<std::byte>> variables;
    for (std::size_t i = 0; i < card.variables.size(); ++i) {
      auto& bytes = variables.emplace_back(card.traced.variables[i]->snapshot()->size_bytes());
      runtime.copy_out(bytes.data(), card.variables[i].address(), bytes.size());
    }
    return variables;
  };
  EXPECT_EQ(after(true), after(false));
}

// Look-ups, poolings and a sorted loss: kernels that are written by hand, recorded with the others.
TEST_F(DeviceRunnerTest, LookUpsAndPoolingsNeedNoHost) {
  const auto model =
      keras::Sequential({Embedding(9, 4), MaxPooling1D(), AveragePooling1D({.pool_size = 3, .strides = 1, .padding = "same"}),
                         Flatten(), Dense(3, {.activation = "softmax"})});
  model.compile({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy"});
  const auto found = compare(
      [&](const std::vector<Tensor>& in) {
        const keras::CallScope scope(true);
        std::vector<Tensor> logs;
        for (const auto& [name, tensor] : model->train_step({.x = in[0], .y = in[1]})) logs.push_back(tensor);
        logs.push_back(keras::ops::cumsum(keras::ops::sort(in[0], 1), 0));
        return logs;
      },
      {keras::random::randint({4, 6}, 0, 9), keras::random::randint({4}, 0, 3)}, 4);
  EXPECT_LT(found.results, 1e-5);
  EXPECT_LT(found.variables, 1e-4);
  EXPECT_EQ(found.host_steps, 0);
  EXPECT_TRUE(found.is_recorded);
}

TEST_F(DeviceRunnerTest, AConvnetIsOneRecord) {
  const auto model = keras::Sequential({Conv2D(4, 3, {.activation = "relu", .input_shape = {8, 8, 1}}), BatchNormalization(),
                                        MaxPooling2D(), Flatten(), Dense(3, {.activation = "softmax"})});
  model.compile({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy"});
  const auto found = compare(
      [&](const std::vector<Tensor>& in) {
        const keras::CallScope scope(true);
        std::vector<Tensor> logs;
        for (const auto& [name, tensor] : model->train_step({.x = in[0], .y = in[1]})) logs.push_back(tensor);
        return logs;
      },
      {keras::random::normal({4, 8, 8, 1}), keras::random::randint({4}, 0, 3)}, 3);
  EXPECT_LT(found.results, 1e-5);
  EXPECT_LT(found.variables, 1e-4);
  EXPECT_EQ(found.host_steps, 0);
  EXPECT_TRUE(found.is_recorded);
}

// By cuDNN, and where it refuses by a kernel of our own.
TEST_F(DeviceRunnerTest, ABiasAResidualAndReluAreTheConvolutions) {
  const auto f = [](const std::vector<Tensor>& in) {
    const Tensor y = keras::ops::conv(in[0], in[1], 1, "same");
    return std::vector<Tensor>{keras::ops::relu(y + in[2] + in[3])};
  };
  const auto expect_one_step = [&](DType dtype) {
    const auto of = [&](const Shape& shape) { return keras::ops::cast(keras::random::normal(shape), dtype); };
    const auto found = compare(f, {of({2, 6, 5, 8}), of({3, 3, 8, 16}), of({16}), of({2, 6, 5, 16})}, 3);
    EXPECT_LT(found.results, dtype == float32 ? 1e-5 : 2e-2);
    EXPECT_NE(found.program.find("+ bias + residual + relu"), std::string::npos) << found.program;
  };
  for (const auto dtype : {float32, float16, bfloat16}) expect_one_step(dtype);
  if (is_real()) return;
  const cuda::ScriptedAnswers refusing(R"("cudnnBackendFinalize of a plan": {"answer": 3000})");
  expect_one_step(float32);
}

// What has no kernel of the card's: the host computes it between two records.
TEST_F(DeviceRunnerTest, HostStepsStandBetweenTheCards) {
  const auto found = compare(
      [&](const std::vector<Tensor>& in) {
        const auto doubled = keras::ops::while_loop(
            [](const TensorNest& x) { return keras::ops::less(keras::ops::sum(x.leaf()), 100.0); },
            [](const TensorNest& x) { return TensorNest(x.leaf() * 2.0); }, TensorNest(keras::ops::exp(in[0])));
        return std::vector<Tensor>{keras::ops::tanh(doubled.leaf())};
      },
      {keras::random::normal({4, 3})}, 3);
  EXPECT_LT(found.results, 1e-5);
  EXPECT_GT(found.host_steps, 0);
  EXPECT_TRUE(found.is_recorded);
}

// Parts of arrays: of two sizes at one place, and where no wide load may begin.
TEST_F(DeviceRunnerTest, PartsOfArraysAreReadAsTheyLie) {
  const auto found = compare(
      [](const std::vector<Tensor>& in) {
        const Tensor rows = keras::ops::slice(in[0], {1, 0}, {3, 5}), first = keras::ops::slice(in[0], {0, 0}, {2, 5});
        return std::vector<Tensor>{keras::ops::matmul(rows, in[1]), keras::ops::concatenate({first, in[0]}, 0)};
      },
      {keras::random::normal({4, 5}), keras::random::normal({5, 3})}, 3);
  EXPECT_LT(found.results, 1e-6);
}

// Inputs and results have room of their own until the run is finished, in whatever order that is.
TEST_F(DeviceRunnerTest, ManyRunsAreUnderWay) {
  start_many(3);
  start_many(3000);
}

TEST_F(DeviceRunnerTest, OneBufferIsEnoughWherePinnedMemoryIsShort) {
  if (is_real()) GTEST_SKIP() << "a real host has enough";
  const cuda::ScriptedAnswers refusing(R"("cuMemHostAlloc": {"after": 1, "answer": 2})");
  start_many(300'000);
}

// Large inputs come beside the work, and not before the run before has taken its own.
class DeviceRunnerOnAnEagerCard : public DeviceRunnerTest {
 protected:
  DeviceRunnerOnAnEagerCard() { machine_ = "eager_card"; }
};
TEST_F(DeviceRunnerOnAnEagerCard, ManyRunsAreUnderWay) { start_many(3000); }

// Scratch moves where a larger program comes, and a program that was recorded with the old one goes on.
TEST_F(DeviceRunnerTest, ALargerProgramMovesTheScratch) {
  const auto f = [](const std::vector<Tensor>& in) {
    return std::vector<Tensor>{keras::ops::matmul(keras::ops::relu(keras::ops::matmul(in[0], in[1])), in[1])};
  };
  const std::vector<Tensor> small{keras::random::normal({4, 8}), keras::random::normal({8, 8})},
      large{keras::random::normal({4096, 8}), small[1]};
  EXPECT_LT(compare(f, small, 3).results, 1e-6);
  EXPECT_LT(compare(f, large, 3).results, 1e-6);
  EXPECT_LT(compare(f, small, 3).results, 1e-6);
}

// What is long is reduced in parts: of columns, of one row, with a position; and what the last launch does with it.
TEST_F(DeviceRunnerTest, LongReductionsEqualTheHosts) {
  const auto found = compare(
      [](const std::vector<Tensor>& in) {
        const Tensor& x = in[0];
        return std::vector<Tensor>{keras::ops::mean(x, 0) * 2.0, keras::ops::sum(keras::ops::square(in[1])),
                                   keras::ops::sqrt(keras::ops::max(in[1])), keras::ops::argmax(in[1])};
      },
      {keras::random::normal({6000, 24}), keras::random::normal({40001})}, 3);
  EXPECT_LT(found.results, 1e-5);
  EXPECT_TRUE(found.is_recorded);
  EXPECT_NE(found.program.find("_tile_split (7 instructions, 2 launches)"), std::string::npos) << found.program;
}

// Two sums, one behind the other, what is made of them at each point, and averages that are updated where they lie.
TEST_F(DeviceRunnerTest, StatisticsOfALargeBatchEqualTheHosts) {
  const Variable average(keras::ops::ones({6}));
  const auto found = compare(
      [&](const std::vector<Tensor>& in) {
        const Tensor mean = keras::ops::mean(in[0], {0, 1, 2}, true);
        const Tensor variance = keras::ops::mean(keras::ops::square(in[0] - mean), {0, 1, 2}, true);
        average.assign(average * 0.9 + keras::ops::reshape(mean, {6}) * 0.1);
        return std::vector<Tensor>{(in[0] - mean) / keras::ops::sqrt(variance + 1e-3) *
                                   keras::ops::reshape(average, {1, 1, 1, 6})};
      },
      {keras::random::normal({4, 30, 31, 6})}, 3);
  EXPECT_LT(found.results, 1e-5);
  EXPECT_LT(found.variables, 1e-5);
  EXPECT_NE(found.program.find("_tile_split"), std::string::npos) << found.program;
}

// Packs of neighbours, also of operands that are one row or one number for each row, and with points left over.
TEST_F(DeviceRunnerTest, PointwiseWorkEqualsTheHosts) {
  const auto f = [](const std::vector<Tensor>& in) {
    return std::vector<Tensor>{keras::ops::tanh(in[0] * in[1] + in[2]), keras::ops::exp(in[3]) * in[3]};
  };
  const auto found = compare(f,
                             {keras::random::normal({1100, 64}), keras::random::normal({64}), keras::random::normal({1100, 1}),
                              keras::random::normal({70001})},
                             3);
  EXPECT_LT(found.results, 1e-6);
  EXPECT_NE(found.program.find("_thread_x4_tt"), std::string::npos) << found.program;
}

}  // namespace
}  // namespace cornu::plan

// Optimizers and schedules on what real Keras computed (tools/golden/keras_cases/optimizer.py): every variable after every step.
#include <set>

#include "cornu/cornu.h"
#include "cornu/keras/optimizers/registry.h"
#include "tests/golden_file.h"

namespace cornu::keras {
namespace {

const GoldenFile& file() {
  static const GoldenFile opened("layers/optimizers.npz");
  return opened;
}

void expect_case(const Json& test, const Optimizer& optimizer, bool compiled) {
  const std::string what = test["name"].get<std::string>() + (compiled ? " compiled" : " eager");
  std::vector<Variable> trained;
  for (const Tensor& start : file().tensors(test["start"])) {
    trained.emplace_back(start, VariableArgs{.name = trained.empty() ? "kernel" : "bias"});
    trained.back().set_path(trained.back().name());
  }
  const auto expect_trained = [&](const Json& wanted, const std::string& when) {
    const auto values = file().tensors(wanted);
    for (std::size_t i = 0; i < trained.size(); ++i)
      expect_close(trained[i].value(), values[i], what + when + ", " + trained[i].name());
  };
  const auto apply = [&](const TensorNest& gradients) {
    optimizer->apply(gradients.flatten(), trained);
    return TensorNest(optimizer->iterations());
  };
  const Function program(apply);
  int number = 0;
  for (const Json& step : test["steps"]) {
    const TensorNest gradients(file().tensors(step["gradients"]));
    compiled ? program(gradients) : apply(gradients);
    const std::string when = " step " + std::to_string(++number);
    expect_trained(step["variables"], when);
    EXPECT_NEAR(optimizer->learning_rate().item<double>(), step["learning_rate"].get<double>(), 1e-7) << what << when;
    EXPECT_EQ(optimizer->iterations().item<int64_t>(), step["iterations"].get<int64_t>()) << what << when;
  }
  const auto variables = optimizer->variables();
  ASSERT_EQ(variables.size(), test["optimizer_variables"].size()) << what;
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const Json& wanted = test["optimizer_variables"][i];
    EXPECT_EQ(variables[i].path(), wanted["path"].get<std::string>()) << what;
    expect_close(variables[i].value(), file().tensor(wanted["value"]), what + ", " + variables[i].path());
  }
  if (!test.contains("finalized")) return;
  optimizer->finalize_variable_values(trained);
  expect_trained(test["finalized"], " finalized");
}

TEST(GoldenOptimizers, EveryVariableAfterEveryStep) {
  std::set<std::string> tested, missing;
  for (const Json& test : file().cases()) {
    if (!test.contains("steps")) continue;
    const auto class_name = test["class_name"].get<std::string>();
    const auto rows = optimizers::registry();
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return r.class_name == class_name; });
    if (row == rows.end()) {
      missing.insert(class_name);
      continue;
    }
    tested.insert(class_name);
    for (bool compiled : {true, false}) expect_case(test, row->from_config(test["config"]), compiled);
  }
  for (const auto& row : optimizers::registry())
    EXPECT_TRUE(tested.count(row.class_name)) << row.class_name << " has no golden case";
  if (!missing.empty())
    std::printf("Optimizers with golden cases that do not exist yet: %s\n", fmt::format("{}", fmt::join(missing, ", ")).c_str());
}

TEST(GoldenOptimizers, Schedules) {
  std::set<std::string> tested;
  for (const Json& test : file().cases()) {
    if (!test.contains("rates")) continue;
    const auto class_name = test["class_name"].get<std::string>();
    const auto rows = optimizers::schedule_registry();
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return r.class_name == class_name; });
    ASSERT_NE(row, rows.end()) << class_name;
    tested.insert(class_name);
    const LearningRate rate = row->from_config(test["config"]);
    for (const auto& [step, value] : test["rates"].items())
      EXPECT_NEAR(rate.schedule()->call(Tensor(std::vector<int64_t>{std::stoll(step)}, {})).item<double>(), value.get<double>(),
                  2e-6 * value.get<double>())
          << class_name << " at " << step;
  }
  for (const auto& row : optimizers::schedule_registry())
    EXPECT_TRUE(tested.count(row.class_name)) << row.class_name << " has no golden case";
}

TEST(Optimizers, KnowAWeightByItselfNotByItsAddress) {
  const Optimizer optimizer = optimizers::SGD({.momentum = 0.9});
  for (int i = 0; i < 50; ++i) {
    const Variable short_lived(ops::zeros({1 + i % 3}));
    optimizer->apply({ops::ones({1 + i % 3})}, {short_lived});
    EXPECT_FLOAT_EQ(short_lived.value().to_vector<float>()[0], -0.01f);  // no momentum of another
  }
}

TEST(Optimizers, AnAverageThatComesLaterBeginsAtItsWeight) {
  const Optimizer optimizer = optimizers::SGD({.use_ema = true});
  const Variable first(ops::ones({2})), later(ops::ones({2}) * 3);
  const Tensor zero = ops::zeros({2});
  optimizer->apply({zero}, {first});
  optimizer->apply({zero, zero}, {first, later});
  optimizer->finalize_variable_values({first, later});
  EXPECT_FLOAT_EQ(later.value().to_vector<float>()[0], 3);
}

TEST(Optimizers, AveragesAreOfWeightsWithoutAGradientToo) {
  const Optimizer optimizer = optimizers::SGD({.use_ema = true, .ema_overwrite_frequency = 2});
  const Variable trained(ops::ones({2})), still(ops::ones({2}) * 3);
  for (int step = 0; step < 2; ++step) optimizer->apply({ops::zeros({2}), Tensor()}, {trained, still});
  EXPECT_FLOAT_EQ(still.value().to_vector<float>()[0], 3);
  optimizer->finalize_variable_values({trained, still});
  EXPECT_FLOAT_EQ(still.value().to_vector<float>()[0], 3);
}

TEST(Optimizers, APatternThatIsNoneIsRefused) {
  const auto optimizer = std::dynamic_pointer_cast<optimizers::BaseOptimizer>(Optimizer(optimizers::SGD()).impl());
  EXPECT_THROW(optimizer->exclude_from_weight_decay({}, {"("}), ValueError);
}

}  // namespace
}  // namespace cornu::keras

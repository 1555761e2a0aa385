// Optimizers and schedules on what real Keras computed (tools/golden/keras_cases/optimizer.py): every variable after every step.
#include "cornu/cornu.h"
#include "cornu/keras/optimizers/registry.h"
#include "tests/golden_file.h"

namespace cornu::keras {
namespace {

const GoldenFile& file() {
  static const GoldenFile opened("layers/optimizers.npz");
  return opened;
}

// What is no argument of an optimizer: a case says it beside the config.
void prepare(const Json& test, const Optimizer& optimizer, const std::vector<Variable>& trained) {
  if (const Json& constraint = test["constraint"]; !constraint.is_null())
    trained[0].set_constraint(Constraint(constraint.get<std::string>()));
  if (const Json& exclude = test["exclude"]; !exclude.is_null()) {
    std::vector<Variable> variables;
    for (const Json& index : exclude.value("var_list", Json::array())) variables.push_back(trained[index.get<std::size_t>()]);
    std::dynamic_pointer_cast<optimizers::BaseOptimizer>(optimizer.impl())
        ->exclude_from_weight_decay(variables, exclude.value("var_names", std::vector<std::string>()));
  }
}

void expect_case(const Json& test, const Optimizer& optimizer, bool compiled) {
  const std::string what = test["name"].get<std::string>() + (compiled ? " compiled" : " eager");
  EXPECT_EQ(json_difference(optimizer->get_config(), test["config"]), "") << what;
  std::vector<Variable> trained;
  for (const Tensor& start : file().tensors(test["start"])) {
    trained.emplace_back(start, VariableArgs{.name = trained.empty() ? "kernel" : "bias"});
    trained.back().set_path(trained.back().name());
  }
  prepare(test, optimizer, trained);
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
  Coverage coverage("Optimizers");
  for (const Json& test : file().cases()) {
    if (!test.contains("steps")) continue;
    const auto* row = coverage.find(optimizers::registry(), test["class_name"].get<std::string>());
    if (!row) continue;
    for (bool compiled : {true, false}) expect_case(test, row->from_config(test["config"]), compiled);
  }
  coverage.expect_all(optimizers::registry());
}

TEST(GoldenOptimizers, Schedules) {
  Coverage coverage("Schedules");
  for (const Json& test : file().cases()) {
    if (!test.contains("rates")) continue;
    const auto class_name = test["class_name"].get<std::string>();
    const auto* row = coverage.find(optimizers::schedule_registry(), class_name);
    if (!row) continue;
    const LearningRate rate = row->from_config(test["config"]);
    EXPECT_EQ(json_difference(rate.schedule()->get_config(), test["config"]), "");
    for (const auto& [step, value] : test["rates"].items()) {
      const double wanted = value.get<double>();  // of at most 0.3: what cancels leaves the noise of that
      EXPECT_NEAR(rate.schedule()->call(Tensor(std::vector<int64_t>{std::stoll(step)}, {})).item<double>(), wanted,
                  2e-6 * wanted + 2e-8)
          << class_name << test["config"] << " at " << step;
    }
  }
  coverage.expect_all(optimizers::schedule_registry());
}

TEST(Optimizers, AreKnownByKerasNames) {
  for (const auto& row : optimizers::registry()) {
    if (row.wraps_another) {
      EXPECT_THROW((void)Optimizer(row.class_name), ValueError);
      continue;
    }
    std::string lower = row.class_name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    EXPECT_EQ(Optimizer(row.class_name)->class_name(), row.class_name);
    const Optimizer optimizer(lower);
    EXPECT_EQ(optimizer->class_name(), row.class_name);
    optimizer->apply({ops::ones({2})}, {Variable(ops::ones({2}), {.name = "kernel"})});
    for (const Variable& v : optimizer->variables()) EXPECT_EQ(v.path().find(optimizer->name() + "/"), 0u) << v.path();
  }
  EXPECT_THROW(Optimizer("adams"), ValueError);
}

TEST(Optimizers, RefuseArgumentsThatMeanNothing) {
  using namespace optimizers;
  EXPECT_THROW(AdamW({.weight_decay = std::nullopt}), ValueError);
  EXPECT_THROW(Lion({.beta_1 = 0}), ValueError);
  EXPECT_THROW(Ftrl({.learning_rate_power = 0.5}), ValueError);
  EXPECT_THROW(Ftrl({.l1_regularization_strength = -1}), ValueError);
  EXPECT_THROW(schedules::CosineDecay(0.1, 0), ValueError);
  EXPECT_THROW(schedules::CosineDecayRestarts(0.1, -1), ValueError);
  EXPECT_THROW(schedules::PiecewiseConstantDecay({1, 2}, {0.1, 0.2}), ValueError);
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

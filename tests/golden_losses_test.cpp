// Losses and metrics on what real Keras computed (tools/golden/keras_cases/{loss,metric}.py).
#include "cornu/cornu.h"
#include "cornu/keras/trainers/compile_utils.h"
#include "tests/golden_file.h"

namespace cornu::keras {
namespace {

TEST(GoldenLosses, ValuesAndGradients) {
  const GoldenFile file("layers/losses.npz");
  Coverage coverage("Losses");
  for (const Json& test : file.cases()) {
    const auto class_name = test["class_name"].get<std::string>();
    const auto* row = coverage.find(losses::registry(), class_name);
    if (!row) continue;
    const std::string what = fmt::format("{} {} weights {}", class_name, test["config"].dump(), test["weights"].dump());
    const Loss loss = row->from_config(test["config"]);
    const Tensor y_true = file.tensor(test["y_true"]), weight = file.tensor(test["sample_weight"]);
    const auto results = value_and_grad([&](const std::vector<Tensor>& y_pred) {
      return ops::sum(loss(y_true, y_pred[0], weight));
    })({file.tensor(test["y_pred"])});
    expect_close(results.grads[0], file.tensor(test["gradient"]), what + ", gradient");
    expect_close(loss(y_true, file.tensor(test["y_pred"]), weight), file.tensor(test["value"]), what);
  }
  coverage.expect_all(losses::registry());
}

// An update as a step makes it: in a program, which keeps the state between runs.
void expect_updates(const GoldenFile& file, const Json& test, const Metric& metric) {
  const std::string what =
      test["class_name"].get<std::string>() + (test["updates"][0]["sample_weight"].is_null() ? "" : " weighted");
  for (const Json& update : test["updates"]) {
    const bool of_values = update.contains("values");
    std::vector<Tensor> arguments;
    arguments.reserve(3);
    arguments.push_back(file.tensor(update[of_values ? "values" : "y_pred"]));
    if (!of_values) arguments.push_back(file.tensor(update["y_true"]));
    if (!update["sample_weight"].is_null()) arguments.push_back(file.tensor(update["sample_weight"]));
    const bool weighted = arguments.size() > (of_values ? 1u : 2u);
    const auto step = jit([&](const TensorNest& given) {
      const auto leaves = given.flatten();
      metric->update_state(of_values ? Tensor() : leaves[1], leaves[0], weighted ? leaves.back() : Tensor());
      return TensorNest(metric->result());
    });
    EXPECT_NEAR(step(TensorNest(arguments)).leaf().item<double>(), update["result"].get<double>(), 2e-6) << what;
  }
  EXPECT_EQ(metric->name(), test["name"].get<std::string>());
  if (!test.contains("after_reset")) return;
  metric->reset_state();
  EXPECT_EQ(metric->result().item<double>(), test["after_reset"].get<double>()) << what;
  std::vector<std::string> paths;
  for (const Variable& v : metric->variables()) paths.push_back(v.path());
  EXPECT_EQ(paths, test["variables"].get<std::vector<std::string>>()) << what;
}

TEST(GoldenMetrics, ResultsAfterEveryUpdate) {
  const GoldenFile file("layers/metrics.npz");
  Coverage coverage("Metrics");
  for (const Json& test : file.cases()) {
    if (test.contains("choice")) continue;
    const auto class_name = test["class_name"].get<std::string>();
    const auto* row = coverage.find(metrics::registry(), class_name);
    if (row) expect_updates(file, test, row->from_config(test["config"]));
  }
  coverage.expect_all(metrics::registry());
}

TEST(GoldenMetrics, WhatShortNamesStandFor) {
  const GoldenFile file("layers/metrics.npz");
  int count = 0;
  for (const Json& test : file.cases()) {
    if (!test.contains("choice")) continue;
    const Json& choice = test["choice"];
    const Tensor y_true = ops::zeros(Shape(choice["y_true"].get<std::vector<int64_t>>())),
                 y_pred = ops::zeros(Shape(choice["y_pred"].get<std::vector<int64_t>>()));
    for (const std::string name : {"accuracy", "acc", "mse", "mae"}) {
      if (name[0] == 'm' && y_true.shape() != y_pred.shape()) continue;  // errors need one prediction a target
      CompileMetrics compiled({Metric(name)}, {}, {});
      compiled.update_state(TensorNest(y_true), TensorNest(y_pred), {});
      const auto& [logged, metric] = compiled.named().at(0);
      EXPECT_EQ(metric->class_name(), choice[name]["class_name"].get<std::string>()) << name << choice.dump();
      EXPECT_EQ(logged, choice[name]["name"].get<std::string>());
      ++count;
    }
  }
  EXPECT_GT(count, 0);
}

}  // namespace
}  // namespace cornu::keras

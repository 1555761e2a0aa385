// Trainings that one fit does not describe (tools/golden/turns.py): freezing between fits, two models that share a layer.
#include "cornu/cornu.h"
#include "tests/golden_file.h"

namespace cornu::keras {
namespace {

Tensor array_of(const std::string& path, const std::string& name) {
  const auto arrays = io::read_npz(golden_path("training/" + path));
  const auto& array = arrays.at(name);
  return Tensor::from_memory(array.data, array.dtype, array.shape);
}

// By path: what is frozen may stand elsewhere in the order.
void expect_variables(const std::vector<Variable>& variables, const GoldenFile& file, const Json& wanted, double tolerance,
                      const std::string& what) {
  ASSERT_EQ(variables.size(), wanted.size()) << what;
  for (const Json& one : wanted) {
    const auto path = one["path"].get<std::string>();
    const auto found = std::find_if(variables.begin(), variables.end(), [&](const Variable& v) { return v.path() == path; });
    ASSERT_NE(found, variables.end()) << what << path;
    expect_close(found->value(), file.tensor(one["value"]), what + path, tolerance);
  }
}

TEST(GoldenTurns, FreezingBetweenFitsKeepsMoments) {
  const GoldenFile file("training/freezing/expected.npz");
  const Model model = models::load_model(golden_path("training/freezing/start.keras"));
  const Tensor x = array_of("freezing/x.npz", "0"), y = array_of("freezing/y.npz", "0");
  int number = 0;
  for (const Json& phase : file.meta()["phases"]) {
    model.get_layer(file.meta()["layer"].get<std::string>()).set_trainable(phase["trainable"].get<bool>());
    model.fit(x, y, {.batch_size = file.meta()["batch_size"], .verbose = 0, .shuffle = false});
    const std::string what = fmt::format("phase {}, ", ++number);
    expect_variables(model.weights(), file, phase["weights"], 1e-5, what);
    expect_variables(model.optimizer()->variables(), file, phase["optimizer"], 1e-5, what);
  }
  EXPECT_EQ(number, 3);
}

TEST(GoldenTurns, TwoModelsThatShareALayerTrainInTurn) {
  const GoldenFile file("training/shared_layer/expected.npz");
  const Model whole = models::load_model(golden_path("training/shared_layer/start.keras"));
  const auto inputs = Input({6});
  const Tensor hidden = whole.get_layer("shared")(inputs);
  const Model first(inputs, whole.get_layer("kind")(hidden), {.name = "first"}),
      second(inputs, whole.get_layer("size")(hidden), {.name = "second"});
  first.compile({.optimizer = optimizers::Adam({.learning_rate = 0.01, .name = "adam"}), .loss = "categorical_crossentropy"});
  second.compile({.optimizer = optimizers::SGD({.learning_rate = 0.1, .momentum = 0.9, .name = "sgd"}), .loss = "mse"});
  const Tensor x = array_of("shared_layer/x.npz", "0");
  int number = 0;
  for (const Json& turn : file.meta()["turns"]) {
    const auto name = turn["model"].get<std::string>();
    const Model& model = name == "first" ? first : second;
    const auto history = model.fit(x, array_of("shared_layer/y.npz", name),
                                   {.batch_size = file.meta()["batch_size"], .epochs = 2, .verbose = 0, .shuffle = false});
    const std::string what = fmt::format("turn {}, ", ++number);
    for (int epoch = 0; epoch < 2; ++epoch)
      EXPECT_NEAR(history.history["loss"][epoch], turn["history"]["loss"][epoch].get<double>(), 1e-5) << what;
    expect_variables(model.weights(), file, turn["weights"], 1e-5, what);
    expect_variables(model.optimizer()->variables(), file, turn["optimizer"], 1e-5, what);
  }
  EXPECT_EQ(number, 4);
}

}  // namespace
}  // namespace cornu::keras

// One model as each backend of Keras writes it (tools/golden/files.py).
#include "cornu/cornu.h"
#include "tests/golden_file.h"
#include "tests/temporary_folder.h"

namespace cornu::keras {
namespace {

class GoldenFiles : public testing::TestWithParam<const char*> {
 protected:
  std::string path(const std::string& ending) const { return golden_path(std::string("files/") + GetParam() + ending); }
  GoldenFile expected() const { return GoldenFile(std::string("files/") + GetParam() + ".npz"); }

  static std::vector<Tensor> values(const GoldenFile& file, const Json& listed) {
    std::vector<Tensor> out;
    for (const Json& one : listed) out.push_back(file.tensor(one["value"]));
    return out;
  }
  void expect_weights_and_predictions(const Model& model) const {
    const GoldenFile file = expected();
    expect_close(model.get_weights(), values(file, file.meta()["weights"]), "weight", 0);
    expect_close(model.predict(file.tensor(file.meta()["x"]), {.verbose = 0}), file.tensor(file.meta()["predictions"]),
                 "prediction");
  }
  void expect_optimizer(const Model& model) const {
    const GoldenFile file = expected();
    std::vector<Tensor> state;
    for (const Variable& v : model.optimizer()->variables()) state.push_back(v.value());
    expect_close(state, values(file, file.meta()["optimizer"]), "optimizer variable", 0);
  }
  // The same layers, fresh.
  Model untrained() const {
    const Model model = models::model_from_json(models::load_model(path(".keras"), {.compile = false}).to_json());
    EXPECT_NE(model.get_weights()[0].to_vector<float>(), models::load_model(path(".keras")).get_weights()[0].to_vector<float>());
    return model;
  }
};

TEST_P(GoldenFiles, LoadWithTheOptimizersState) {
  const Model model = models::load_model(path(".keras"));
  expect_weights_and_predictions(model);
  expect_optimizer(model);
  const TemporaryFolder folder;
  model.save(folder / "again.keras");
  const Model again = models::load_model(folder / "again.keras");
  expect_weights_and_predictions(again);
  expect_optimizer(again);
}

TEST_P(GoldenFiles, LoadWithoutCompiling) {
  const Model model = models::load_model(path(".keras"), {.compile = false});
  EXPECT_FALSE(model.optimizer());
  expect_weights_and_predictions(model);
}

TEST_P(GoldenFiles, WeightsLoadAlone) {
  const Model model = untrained();
  model.load_weights(path(".weights.h5"));
  expect_weights_and_predictions(model);
  const TemporaryFolder folder;
  model.save_weights(folder / "again.weights.h5");
  const Model again = untrained();
  again.load_weights(folder / "again.weights.h5");
  expect_weights_and_predictions(again);
}

TEST_P(GoldenFiles, WeightsOfAWholeFileLoad) {
  const Model model = untrained();
  model.load_weights(path(".keras"));
  expect_weights_and_predictions(model);
}

INSTANTIATE_TEST_SUITE_P(Keras, GoldenFiles, testing::Values("jax", "tensorflow", "torch"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace cornu::keras

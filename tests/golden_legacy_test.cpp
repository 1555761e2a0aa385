// Whole-model and weights .h5 files as Keras 2 and Keras 3 write them (tools/golden/legacy_files.py).
#include <fstream>

#include "cornu/cornu.h"
#include "tests/golden_file.h"
#include "tests/temporary_folder.h"

namespace cornu::keras {
namespace {

std::string path_of(const std::string& file) { return golden_path("legacy/" + file); }

TensorNest one_or_list(const GoldenFile& file, const Json& list) {
  TensorNest::List out;
  for (const Tensor& t : file.tensors(list)) out.push_back(TensorNest(t));
  return out.size() == 1 ? out[0] : TensorNest(std::move(out));
}

class GoldenLegacy : public testing::TestWithParam<const char*> {
 protected:
  std::string path(const std::string& ending) const { return path_of(GetParam() + ending); }
  GoldenFile expected() const { return GoldenFile("legacy/" + std::string(GetParam()) + ".npz"); }

  void expect_predictions(const Model& model) const {
    const GoldenFile file = expected();
    expect_close(model.predict_nest(one_or_list(file, file.meta()["x"]), {.verbose = 0}).flatten(),
                 file.tensors(file.meta()["predictions"]), "prediction", 1e-6);
  }
  // The first loss tells of the weights, the others of the optimizer's state as well.
  void expect_training_goes_on(const Model& model) const {
    const GoldenFile file = expected();
    for (const Json& wanted : file.meta()["losses"]) {
      const double loss = model.train_on_batch(one_or_list(file, file.meta()["x"]), one_or_list(file, file.meta()["y"]))["loss"];
      EXPECT_NEAR(loss, wanted.get<double>(), 2e-6 * std::abs(wanted.get<double>()));
    }
  }
};

TEST_P(GoldenLegacy, PredictsAndTrainsOn) {
  const Model model = models::load_model(path(".h5"));
  expect_predictions(model);
  expect_training_goes_on(model);
}

TEST_P(GoldenLegacy, SavesAsTodaysFile) {
  const TemporaryFolder folder;
  models::load_model(path(".h5")).save(folder / "again.keras");
  const Model again = models::load_model(folder / "again.keras");
  expect_predictions(again);
  expect_training_goes_on(again);
}

// Real Keras 3 cannot read the nested model of Keras 2: it looks for the Sequential's call under another number.
TEST_P(GoldenLegacy, DescribesItselfAsKeras3) {
  const Model model = models::load_model(path(".h5"), {.compile = false});
  EXPECT_FALSE(model.optimizer());
  std::ifstream file(path(".json"));
  if (!file) {
    ASSERT_EQ(std::string(GetParam()), "keras2_nested");
    return;
  }
  EXPECT_EQ(json_difference(Json::parse(model.to_json()), Json::parse(file)), "");
}

TEST_P(GoldenLegacy, ItsWeightsLoadAlone) {
  const Model model = models::model_from_json(models::load_model(path(".h5"), {.compile = false}).to_json());
  model.load_weights(path(".h5"));
  expect_predictions(model);
}

INSTANTIATE_TEST_SUITE_P(Keras, GoldenLegacy,
                         testing::Values("keras2_mlp", "keras2_cnn", "keras2_two_inputs", "keras2_shared", "keras2_nested",
                                         "keras3_mlp", "keras3_cnn", "keras3_two_inputs", "keras3_shared", "keras3_nested"),
                         [](const auto& info) { return std::string(info.param); });

TEST(LegacyWeights, OfKeras2AloneInEitherOfItsFormats) {
  const Model wanted = models::load_model(path_of("keras2_cnn.h5"), {.compile = false});
  for (const char* file : {"keras2_cnn_weights.h5", "keras2_cnn.weights.h5"}) {
    const Model model = models::model_from_json(wanted.to_json());
    model.load_weights(path_of(file));
    expect_close(model.get_weights(), wanted.get_weights(), file, 0);
  }
}

using namespace layers;

// The text of the ValueError that `f` throws.
template <class F>
std::string refusal(F&& f) {
  try {
    f();
  } catch (const ValueError& e) {
    return e.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}
void expect_has(const std::string& text, std::initializer_list<const char*> words) {
  for (const char* word : words) EXPECT_NE(text.find(word), std::string::npos) << word << " in: " << text;
}

// As the file's mlp, but for its last layer.
Model other_head(int64_t units) {
  return Sequential({Dense(4, {.name = "dense", .input_shape = {5}}), Dense(units, {.name = "dense_1"})});
}

TEST(LegacyWeights, WhatDoesNotFitIsNamed) {
  const std::string file = path_of("keras2_mlp.h5");
  const Model wide = other_head(7), long_one = Sequential({Dense(4, {.input_shape = {5}}), Dense(4), Dense(3)});
  const auto before = wide.get_weights()[0].to_vector<float>();
  expect_has(refusal([&] { wide.load_weights(file); }), {"dense_1", "(4, 7)", "(4, 3)", "keras2_mlp.h5"});
  EXPECT_EQ(wide.get_weights()[0].to_vector<float>(), before);
  expect_has(refusal([&] { long_one.load_weights(file); }), {"expected 3 layers", "found 2 saved layers"});
  expect_has(refusal([&] { wide.load_weights(file, {.objects_to_skip = {wide.layers()[0]}}); }),
             {"`objects_to_skip`", ".weights.h5"});
}

TEST(LegacyWeights, SkipMismatchLoadsTheRestAndWarns) {
  const std::string file = path_of("keras2_mlp.h5");
  const Model wanted = models::load_model(file, {.compile = false}), model = other_head(8);
  const auto head = model.get_weights()[2].to_vector<float>();
  testing::internal::CaptureStderr();
  model.load_weights(file, {.skip_mismatch = true});
  expect_has(testing::internal::GetCapturedStderr(), {"dense_1", "(4, 8)", "(4, 3)"});
  expect_close(model.get_weights()[0], wanted.get_weights()[0], "kernel", 0);
  EXPECT_EQ(model.get_weights()[2].to_vector<float>(), head);
}

TEST(LegacyWeights, ByName) {
  const std::string file = path_of("keras2_mlp.h5");
  const Model wanted = models::load_model(file, {.compile = false});
  const Model model =
      Sequential({Dense(6, {.name = "new", .input_shape = {4}}), Dense(4, {.name = "between"}), Dense(3, {.name = "dense_1"})});
  model.load_weights(file, {.by_name = true});
  expect_close(model.get_weights()[4], wanted.get_weights()[2], "kernel", 0);
  expect_has(refusal([&] { model.load_weights(golden_path("files/jax.weights.h5"), {.by_name = true}); }), {"`by_name`"});
}

TEST(LegacyFiles, WeightsAloneAreNoModel) {
  try {
    models::load_model(path_of("keras2_cnn_weights.h5"));
    FAIL();
  } catch (const FileError& e) {
    expect_has(e.what(), {"keras2_cnn_weights.h5", "model_config", "load_weights"});
  }
}

}  // namespace
}  // namespace cornu::keras

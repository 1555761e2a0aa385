// Models that real Keras saved (tools/golden/architectures.py): each loads, describes itself, computes and saves as it does there.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "cornu/cornu.h"
#include "tests/golden_file.h"
#include "tests/temporary_folder.h"

namespace cornu::keras {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> names_of(const std::vector<Layer>& layers) {
  std::vector<std::string> out;
  for (const Layer& layer : layers) out.push_back(layer.name());
  return out;
}

// summary() on a terminal of this width.
std::string summary_on(const Model& model, const char* columns, SummaryArgs args = {}) {
  ::setenv("COLUMNS", columns, 1);
  std::string text = model.summary_text(args) + "\n";
  ::unsetenv("COLUMNS");
  return text;
}

// Keras on JAX counts the optimizer's iterations in four bytes, elsewhere as here in eight.
std::string without_bytes(const std::string& summary) {
  return std::regex_replace(summary, std::regex(R"(((Total|Optimizer) params: [0-9,]+) \([^)]*\))"), "$1");
}

class GoldenArchitectures : public testing::TestWithParam<const char*> {
 protected:
  std::string path(const std::string& file) const { return golden_path(std::string("architectures/") + GetParam() + "/" + file); }

  void expect_golden(const Model& model) const {
    const GoldenFile io(std::string("architectures/") + GetParam() + "/io.npz");
    const Json& meta = io.meta();
    EXPECT_EQ(json_difference(Json::parse(model.to_json()), Json::parse(text_of(path("config.json")))), "");
    EXPECT_EQ(model.name(), meta["name"].get<std::string>());
    EXPECT_EQ(names_of(model.layers()), meta["layers"].get<std::vector<std::string>>());
    EXPECT_EQ(model.trainable(), meta["trainable"].get<bool>());
    const auto weights = model.weights();
    ASSERT_EQ(weights.size(), meta["weights"].size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
      EXPECT_EQ(weights[i].path(), meta["weights"][i]["path"].get<std::string>());
      expect_close(weights[i].value(), io.tensor(meta["weights"][i]["value"]), weights[i].path(), 0);
    }
    std::vector<std::string> trainable;
    for (const Variable& v : model.trainable_weights()) trainable.push_back(v.path());
    EXPECT_EQ(trainable, meta["trainable_weights"].get<std::vector<std::string>>());
    const TensorNest predictions = model.predict_nest(io.nest(meta["inputs"]), {.verbose = 0}),
                     wanted = io.nest(meta["predictions"]);
    EXPECT_EQ(predictions.is_dict(), wanted.is_dict());
    EXPECT_EQ(predictions.is_list(), wanted.is_list());
    expect_close(predictions.flatten(), wanted.flatten(), "prediction");
  }
};

TEST_P(GoldenArchitectures, IsWhatKerasSaved) { expect_golden(models::load_model(path("model.keras"))); }

// The golden summaries are of models whose optimizers had no variables yet; loading makes them.
TEST_P(GoldenArchitectures, IsSummarized) {
  const Model model = models::load_model(path("model.keras"), {.compile = false});
  EXPECT_EQ(summary_on(model, "80"), text_of(path("summary.txt")));
  EXPECT_EQ(summary_on(model, "140", {.expand_nested = true, .show_trainable = true}), text_of(path("wide.txt")));
}

TEST_P(GoldenArchitectures, IsSummarizedWithEveryOption) {
  const Model model = models::load_model(path("model.keras"), {.compile = false});
  for (const Json& test : Json::parse(text_of(path("summaries.json"))))
    EXPECT_EQ(
        summary_on(model, std::to_string(test["columns"].get<int>()).c_str(), saving::from_json<SummaryArgs>(test["options"])),
        test["text"].get<std::string>())
        << test["columns"] << " columns, " << test["options"];
  EXPECT_EQ(without_bytes(summary_on(models::load_model(path("model.keras")), "80")), without_bytes(text_of(path("loaded.txt"))));
}

TEST_P(GoldenArchitectures, IsPlotted) {
  const Model model = models::load_model(path("model.keras"), {.compile = false});
  EXPECT_EQ(utils::model_to_dot(model), text_of(path("plain.dot")));
  EXPECT_EQ(utils::model_to_dot(model, {.show_shapes = true,
                                        .show_dtype = true,
                                        .rankdir = "LR",
                                        .expand_nested = true,
                                        .dpi = 96,
                                        .show_layer_activations = true,
                                        .show_trainable = true,
                                        .splines = "curved"}),
            text_of(path("whole.dot")));
}

TEST_P(GoldenArchitectures, SavesAndLoads) {
  const TemporaryFolder folder;
  models::load_model(path("model.keras")).save(folder / "again.keras");
  expect_golden(models::load_model(folder / "again.keras"));
}

TEST_P(GoldenArchitectures, IsMadeFromItsJson) {
  const Model model = models::load_model(path("model.keras"));
  const Model again = models::model_from_json(model.to_json());
  again.set_weights(model.get_weights());
  expect_golden(again);
}

INSTANTIATE_TEST_SUITE_P(Keras, GoldenArchitectures,
                         testing::Values("seed", "every_layer", "pooled", "shared", "operations", "inactive", "nested", "nested_calls",
                                         "dictionaries", "lists", "frozen", "deferred"),
                         [](const auto& info) { return std::string(info.param); });

TEST(GoldenNames, AreKeras) {
  const Json names = Json::parse(text_of(golden_path("architectures/names.json")));
  for (const auto& [class_name, name] : names.items()) EXPECT_EQ(to_snake_case(class_name), name.get<std::string>());
}

}  // namespace
}  // namespace cornu::keras

// Trainings that real Keras went on with from its own files (tools/golden/training.py): Cornu goes on from the same files and
// must come to the same losses, weights and optimizer state. On the host, or with CORNU_TEST_GPU=real on this machine's card.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cornu/cornu.h"
#include "cornu/io/npz.h"
#include "tests/golden_file.h"
#include "tests/gpu_test.h"
#include "tests/ops/compiled.h"

namespace cornu::keras {
namespace {

using nlohmann::json;

TensorNest data_of(const std::string& path) {
  const auto arrays = io::read_npz(path);
  auto tensor = [](const io::HostArray& a) { return Tensor::from_memory(a.data, a.dtype, a.shape); };
  if (arrays.size() == 1 && arrays.begin()->first == "0") return TensorNest(tensor(arrays.begin()->second));
  TensorNest::Dict dict;
  for (const auto& [name, array] : arrays) dict.emplace_back(name, TensorNest(tensor(array)));
  return TensorNest(std::move(dict));
}

struct Expected {
  json meta;
  io::NamedArrays arrays;
  std::vector<double> values(const json& value) const {
    const auto& array = arrays.at(value["dtype"].get<std::string>());
    int64_t count = 1;
    for (const auto& dim : value["shape"]) count *= dim.get<int64_t>();
    std::vector<double> out;
    dispatch(array.dtype, [&]<class T>(T) {
      const auto all = array.values<T>();
      for (int64_t i = 0; i < count; ++i) out.push_back(static_cast<double>(all[value["offset"].get<int64_t>() + i]));
    });
    return out;
  }
};

// By its folder under tests/data/golden: "training/seed_adam".
Expected expected_of(const std::string& name) {
  Expected out;
  out.arrays = io::read_npz(golden_path(name) + "/expected.npz");
  const auto& meta = out.arrays.at("meta");
  out.meta = json::parse(std::string(reinterpret_cast<const char*>(meta.data.get()), meta.bytes()));
  return out;
}

// Against the array's largest magnitude.
void expect_near(const std::vector<double>& got, const std::vector<double>& want, double tolerance, const std::string& what) {
  ASSERT_EQ(got.size(), want.size()) << what;
  double largest = 1e-6, worst = 0;
  for (double w : want) largest = std::max(largest, std::abs(w));
  for (std::size_t i = 0; i < want.size(); ++i) worst = std::max(worst, std::abs(got[i] - want[i]));
  EXPECT_LE(worst, tolerance * largest) << what;
}

// A training, and the passes that are switched off.
class GoldenTraining : public ::testing::TestWithParam<std::tuple<std::string, const char*>> {};

// Those that one fit describes.
std::vector<std::string> trainings() {
  std::ifstream index(golden_path("training/index.json"));
  std::vector<std::string> names;
  for (const json& training : json::parse(index))
    if (!training.value("turns", false)) names.push_back(training["name"]);
  return names;
}

// What may differ, of each array's largest magnitude and of the history as it is.
struct Tolerance {
  double history = 5e-4, weights = 3e-4, optimizer = 3e-3;
};

void expect_goes_on(const std::string& name, const Tolerance& tolerance) {
  const bool is_on_card = cuda::is_gpu_real();
  const auto scope = device(is_on_card ? "/GPU:0" : "/CPU:0");
  if (is_on_card) cornu::config::enable_tensor_float_32_execution(false);
  const Expected expected = expected_of(name);
  const auto model = models::load_model(golden_path(name) + "/start.keras");
  const TensorNest x = data_of(golden_path(name) + "/x.npz"), y = data_of(golden_path(name) + "/y.npz");
  const json& fit = expected.meta["fit"];
  FitArgs args{.batch_size = fit["batch_size"],
               .epochs = fit["epochs"],
               .verbose = 0,
               .validation_split = fit.value("validation_split", 0.0),
               .shuffle = false};
  if (fit.contains("class_weight"))
    for (const auto& [label, weight] : fit["class_weight"].items()) args.class_weight[std::stoi(label)] = weight;
  if (std::filesystem::exists(golden_path(name) + "/sample_weight.npz"))
    args.sample_weight = data_of(golden_path(name) + "/sample_weight.npz");
  const auto history = model.fit(x, y, args);
  EXPECT_TRUE(!is_on_card || cornu::config::get_memory_info("GPU:0").current > 0) << "it ran elsewhere";

  for (const auto& [metric, values] : expected.meta["history"].items())
    for (std::size_t i = 0; i < values.size(); ++i)
      EXPECT_NEAR(history.history[metric][i], values[i].get<double>(), tolerance.history) << metric << " epoch " << i;
  const auto weights = model.weights();
  ASSERT_EQ(weights.size(), expected.meta["weights"].size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const json& one = expected.meta["weights"][i];
    expect_near(weights[i].value().to_vector<double>(), expected.values(one["value"]), tolerance.weights, one["path"]);
  }
  const auto state = model.optimizer()->variables();
  ASSERT_EQ(state.size(), expected.meta["optimizer"].size());
  for (std::size_t i = 0; i < state.size(); ++i) {
    const json& one = expected.meta["optimizer"][i];
    expect_near(state[i].value().to_vector<double>(), expected.values(one["value"]), tolerance.optimizer, one["path"]);
  }
}

TEST_P(GoldenTraining, GoesOnAsKerasDoes) {
  const auto& [name, passes] = GetParam();
  const cornu::testing::ScopedVariable set("CORNU_PASSES", passes);
  expect_goes_on("training/" + name, {});
}

INSTANTIATE_TEST_SUITE_P(Keras, GoldenTraining, ::testing::Combine(::testing::ValuesIn(trainings()), ::testing::Values("")),
                         [](const auto& info) { return std::get<0>(info.param); });

INSTANTIATE_TEST_SUITE_P(WithoutPasses, GoldenTraining,
                         ::testing::Combine(::testing::Values("seed_adam", "convnet_batchnorm"),
                                            ::testing::Values("-simplify", "-fuse", "-simplify,-fuse")),
                         [](const auto& info) {
                           std::string name = fmt::format("{}{}", std::get<0>(info.param), std::get<1>(info.param));
                           std::replace_if(
                               name.begin(), name.end(), [](char c) { return c == '-' || c == ','; }, '_');
                           return name;
                         });

// --- mixed precision (tools/golden/mixed.py) ---

// After some fifteen steps of 16-bit gradients. Two orders of a sum differ by a rounding (2^-11 of it in float16, 2^-8 in bfloat16),
// and Adam divides a gradient by its own size: a small one that differs moves its weight by a whole step. The worst found: 6e-5, 3e-3
// and 5e-3 in float16; in bfloat16 7e-3 (one example more of 144 is right), 3e-2 and 0.19, of a bias that attention hardly sees.
const std::map<std::string, Tolerance> kIn16Bits{
    {"mixed_float16", {.history = 5e-4, .weights = 5e-3, .optimizer = 1e-2}},
    {"mixed_bfloat16", {.history = 1e-2, .weights = 5e-2, .optimizer = 2.5e-1}},
};

// The policy stands in the file; that of the process is float32.
TEST(GoldenMixedPrecision, GoesOnAsKerasDoes) {
  std::ifstream index(golden_path("mixed/index.json"));
  for (const json& training : json::parse(index)) {
    SCOPED_TRACE(training["what"].get<std::string>());
    expect_goes_on("mixed/" + training["name"].get<std::string>(), kIn16Bits.at(training["policy"]));
  }
}

}  // namespace
}  // namespace cornu::keras

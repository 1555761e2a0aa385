// Descriptions of models are hostile too: thousands that are valid JSON and wrong are made or refused, and what fuzzing has found
// (tests/fuzz/corpus) is read again.

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "cornu/io/file.h"
#include "cornu/io/hdf5_reader.h"
#include "cornu/keras/layers/registry.h"
#include "tests/golden_file.h"
#include "tests/guarded_bytes.h"
#include "tests/mutate_json.h"
#include "tests/read_everything.h"
#include "tests/read_model.h"

namespace cornu::keras {
namespace {

std::vector<std::string> all_classes() {
  std::vector<std::string> out{"Sequential", "Functional", "Model", "Lambda"};
  for (const auto& row : layers::registry()) out.emplace_back(row.class_name);
  return out;
}

void survive_as_model(const std::string& name, const Json& config, int rounds) {
  std::mt19937 random(1);
  const auto classes = all_classes();
  int refused = 0;
  for (int round = 0; round < rounds; ++round) {
    Json json = config;
    mutate(json, classes, random);
    const auto start = std::chrono::steady_clock::now();
    refused += !make_all_of(json);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    ASSERT_LT(taken.count(), 10) << name << " in round " << round;
  }
  EXPECT_GT(refused, 0) << name;
}

Json config_of(const std::string& keras_file) {
  const auto text = io::ZipReader(golden_path(keras_file)).read("config.json");
  return saving::parse_json(keras_file, {reinterpret_cast<const char*>(text.data.get()), text.size});
}
Json legacy_config_of(const std::string& file, const char* attribute) {
  const auto attributes = io::Hdf5File::open(golden_path(file)).root().attributes();
  return saving::parse_json(file, attributes.at(attribute).text());
}

TEST(HostileModels, Architectures) {
  for (const char* name : {"seed", "shared", "nested", "nested_calls", "dictionaries", "lists"})
    survive_as_model(name, config_of("architectures/" + std::string(name) + "/model.keras"), 150);
}
TEST(HostileModelsSlow, Architectures) {
  for (const char* name : {"every_layer", "pooled", "operations", "shared", "nested_calls", "dictionaries", "lists"})
    survive_as_model(name, config_of("architectures/" + std::string(name) + "/model.keras"), 3000);
}
TEST(HostileModels, EveryLayer) {
  for (const char* name : {"every_layer", "pooled", "operations"})
    survive_as_model(name, config_of("architectures/" + std::string(name) + "/model.keras"), 60);
}
TEST(HostileModels, OfKeras2) {
  for (const char* name : {"keras2_mlp", "keras2_two_inputs", "keras2_nested", "keras3_nested"})
    survive_as_model(name, legacy_config_of("legacy/" + std::string(name) + ".h5", "model_config"), 150);
  survive_as_model("training_config", legacy_config_of("legacy/keras2_cnn.h5", "training_config"), 300);
}

// Each model in it is called twice: what it costs to describe must not double from one to the next.
Json doubling(int levels) {
  const auto tensor = [](const char* layer, int node) {
    return Json{{"class_name", "__keras_tensor__"}, {"config", {{"keras_history", {layer, node, 0}}}}};
  };
  const Json input{{"class_name", "InputLayer"},
                   {"config", {{"batch_shape", {nullptr, 2}}, {"name", "x"}}},
                   {"name", "x"},
                   {"inbound_nodes", Json::array()}};
  Json inner{{"class_name", "Dense"}, {"config", {{"units", 2}}}};
  for (int level = 0; level < levels; ++level) {
    inner["name"] = "inner";
    inner["config"]["name"] = "inner";
    inner["inbound_nodes"] = Json::array();
    for (const Json& from : {tensor("x", 0), tensor("inner", 0)})
      inner["inbound_nodes"].push_back({{"args", Json::array({from})}, {"kwargs", Json::object()}});
    const int last = inner["class_name"] == "Dense" ? 1 : 2;
    inner = Json{{"class_name", "Functional"},
                 {"config", {{"layers", {input, inner}}, {"input_layers", {"x", 0, 0}}, {"output_layers", {"inner", last, 0}}}}};
  }
  return inner;
}
TEST(HostileModels, ModelsInModelsThatDouble) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(make_all_of(doubling(3)));
  make_all_of(doubling(40));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(FuzzCorpus, IsReadAgain) {
  const std::map<std::string, void (*)(const io::FileBytes&)> readers{
      {"hdf5", io::read_all_of_hdf5}, {"keras", io::read_all_of_keras}, {"zip", io::read_all_of_zip},
      {"npz", io::read_all_of_npz},   {"npy", io::read_all_of_npy},     {"idx", io::read_all_of_idx},
      {"csv", io::read_all_of_csv},   {"model", read_all_of_model}};
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(CORNU_SOURCE_DIR "/tests/fuzz/corpus")) {
    if (!entry.is_regular_file()) continue;
    const auto reader = readers.find(entry.path().parent_path().filename());
    ASSERT_NE(reader, readers.end()) << entry.path();
    const io::FileBytes file = io::map_file(entry.path());
    io::GuardedBytes guarded(file.size);
    EXPECT_NO_THROW(io::try_to([&] { reader->second(guarded.put(file.span())); })) << entry.path();
    ++files;
  }
  EXPECT_GT(files, 20);
}

}  // namespace
}  // namespace cornu::keras

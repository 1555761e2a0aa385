#include <chrono>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "cornu/base/log.h"
#include "cornu/base/python_names.h"
#include "cornu/io/file.h"
#include "cornu/io/zip.h"
#include "cornu/keras/saving/compile_config.h"
#include "cornu/keras/saving/deserialization.h"
#include "cornu/keras/saving/saving_api.h"
#include "cornu/keras/saving/serialization.h"
#include "cornu/keras/saving/weights_file.h"

namespace cornu::keras {
namespace {

// The version whose layout files follow.
constexpr const char* kKerasVersion = "3.15.1";

io::FileBytes bytes_of(std::string name, const std::string& text) {
  auto memory = io::allocate_host(text.size());
  std::memcpy(memory.get(), text.data(), text.size());
  return {std::move(name), memory, text.size()};
}

std::string now_text() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  char text[32];
  std::tm local{};
  std::strftime(text, sizeof(text), "%Y-%m-%d@%H:%M:%S", localtime_r(&now, &local));
  return text;
}

constexpr int kDeepest = 500;  // levels of JSON: what reads them goes down by recursion; a model in a model takes some six

Json parsed(const std::string& file, std::string_view text) {
  const auto not_too_deep = [&](int depth, Json::parse_event_t, const Json&) {
    if (depth > kDeepest) throw error<FileError>("Cannot read '{}': its JSON is more than {} levels deep.", file, kDeepest);
    return true;
  };
  try {
    return Json::parse(text, not_too_deep);
  } catch (const nlohmann::json::exception& e) {
    throw error<FileError>("Cannot read '{}': its JSON is malformed ({}).", file, e.what());
  }
}

io::ZipReader opened(const std::string& path) {
  try {
    return io::ZipReader(path);
  } catch (const FileError& e) {
    throw error<FileError>("{} Expected a .keras file, as `Model::save` and Keras's `model.save` write it.", e.what());
  }
}

Json model_json(const Model& model) { return serialize(static_cast<const Operation&>(*model.impl())); }

// Is there a state of the optimizer, of as many variables as it has for what is trained? Otherwise it begins anew, as in Keras.
bool optimizer_state_fits(const Model& model, const io::Hdf5File& weights) {
  const Optimizer optimizer = model.optimizer();
  if (!optimizer || !weights.root().is_group("optimizer/vars")) return false;
  optimizer->build(model.trainable_weights());
  const auto has = optimizer->own_variables().size(), saved = weights.root().group("optimizer/vars").children().size();
  if (has == saved) return true;
  log::warn_once(
      "Skipping variable loading for optimizer '{}', because it has {} variables whereas the saved optimizer has {} variables.",
      optimizer->name(), has, saved);
  return false;
}

void refuse_existing(const std::string& path, const SaveArgs& args) {
  if (!args.overwrite && std::filesystem::exists(path))
    throw error<FileError>("'{}' exists. Give `.overwrite = true` to replace it.", path);
}

}  // namespace

Json Model::get_compile_config() const {
  const Json config = compile_config(*impl());
  return config.empty() ? Json(nullptr) : config;
}

void Model::compile_from_config(const Json& config) const {
  CompileArgs args = compile_args(config);
  const Json now = get_compile_config();
  if (!now.is_null() && config.contains("optimizer") && now["optimizer"] == config["optimizer"]) args.optimizer = optimizer();
  compile(std::move(args));
}

std::string Model::to_json() const { return model_json(*this).dump(); }

void Model::save(const std::string& path, SaveArgs args) const {
  if (!path.ends_with(".keras"))
    throw error<ValueError>("The filename must end in `.keras`. Received: filepath={}. For weights alone use save_weights.",
                            path);
  refuse_existing(path, args);
  const Json metadata{{"keras_version", kKerasVersion}, {"date_saved", now_text()}};
  io::write_zip(path, {{"metadata.json", bytes_of("metadata.json", metadata.dump())},
                       {"config.json", bytes_of("config.json", model_json(*this).dump())},
                       {"model.weights.h5", write_weights(*this, args.include_optimizer)}});
}

void Model::save_weights(const std::string& path, SaveArgs args) const {
  if (!path.ends_with(".weights.h5"))
    throw error<ValueError>("The filename must end in `.weights.h5`. Received: filepath={}", path);
  refuse_existing(path, args);
  io::write_file_atomically(path, write_weights(*this, false).span());
}

void Model::load_weights(const std::string& path) const {
  if (path.ends_with(".keras"))
    return read_weights(*this, path, io::Hdf5File::open(opened(path).read("model.weights.h5")), false);
  read_weights(*this, path, io::Hdf5File::open(path), false);
}

namespace models {

PYTHON_NAMES("keras.models.model_from_json");
Model model_from_json(const std::string& json) { return deserialize_model(parsed("the model's JSON", json)); }

PYTHON_NAMES("keras.models.load_model");
Model load_model(const std::string& path, LoadModelArgs args) {
  const io::ZipReader archive = opened(path);
  for (const char* member : {"config.json", "model.weights.h5"})
    if (!archive.contains(member))
      throw error<FileError>("Cannot read '{}': it is no .keras file, for it has no member '{}'.", path, member);
  const auto text = archive.read("config.json");
  Json config = parsed(path, {reinterpret_cast<const char*>(text.data.get()), text.size});
  if (!args.compile && config.is_object()) config.erase("compile_config");
  const Model model = deserialize_model(config);
  const auto weights = io::Hdf5File::open(archive.read("model.weights.h5"));
  read_weights(model, path, weights, optimizer_state_fits(model, weights));
  return model;
}

}  // namespace models
}  // namespace cornu::keras

#include <chrono>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "cornu/base/log.h"
#include "cornu/base/python_names.h"
#include "cornu/io/file.h"
#include "cornu/io/zip.h"
#include "cornu/keras/layers/call_scope.h"
#include "cornu/keras/legacy/saving/legacy_h5_format.h"
#include "cornu/keras/saving/compile_config.h"
#include "cornu/keras/saving/deserialization.h"
#include "cornu/keras/saving/json_text.h"
#include "cornu/keras/saving/saving_api.h"
#include "cornu/keras/saving/serialization.h"
#include "cornu/keras/saving/weights_file.h"
#include "cornu/keras/trainers/trainer.h"

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

io::ZipReader opened(const io::FileBytes& bytes) {
  try {
    return io::ZipReader(bytes);
  } catch (const FileError& e) {
    throw error<FileError>("{} Expected a .keras file, as `Model::save` and Keras's `model.save` write it, or an .h5.", e.what());
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
  if (!now.is_null() && config.contains("optimizer") && now["optimizer"] == config["optimizer"])
    args.optimizer = (*this)->trainer().compile_args().optimizer;
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
  io::write_file_atomically(path, write_weights(*this, args.include_optimizer).span());
}

void Model::load_weights(const std::string& path, const LoadWeightsArgs& args) const {
  const io::FileBytes bytes = io::map_file(path);
  const bool is_hdf5 = io::is_hdf5(bytes.span()) || !path.ends_with(".keras");
  const auto file = io::Hdf5File::open(is_hdf5 ? bytes : opened(bytes).read("model.weights.h5"));
  const bool is_legacy = is_hdf5 && legacy::has_legacy_weights(file);
  if (args.by_name && !is_legacy)
    throw error<ValueError>("`by_name` only supports loading legacy '.h5' or '.hdf5' files. Received: {}", path);
  if (!args.objects_to_skip.empty() && is_legacy)
    throw error<ValueError>("`objects_to_skip` only supports loading '.weights.h5' files. Received: {}", path);
  if (is_legacy) legacy::load_weights_from_hdf5(*this, path, file, args);
  else read_weights(*this, path, file, optimizer() && optimizer()->built() && optimizer_state_fits(*this, file), args);
}

namespace models {
namespace {

Model load_keras_archive(const std::string& path, const io::ZipReader& archive, const LoadModelArgs& args) {
  for (const char* member : {"config.json", "model.weights.h5"})
    if (!archive.contains(member))
      throw error<FileError>("Cannot read '{}': it is no .keras file, for it has no member '{}'.", path, member);
  saving::check_config_size(path, archive.size("config.json"));
  const auto text = archive.read("config.json");
  Json config = saving::parse_json(path, {reinterpret_cast<const char*>(text.data.get()), text.size});
  if (!args.compile && config.is_object()) config.erase("compile_config");
  const Model model = [&] {
    const WithoutInitialValues from_the_file;
    return deserialize_model(config);
  }();
  const auto weights = io::Hdf5File::open(archive.read("model.weights.h5"));
  // Files name the optimizer that `compile` was given; the scale that it went on with stands beside its state.
  if (weights.root().is_group("optimizer/inner_optimizer")) model->trainer().scale_loss();
  read_weights(model, path, weights, optimizer_state_fits(model, weights));
  return model;
}

}  // namespace

PYTHON_NAMES("keras.models.model_from_json");
Model model_from_json(const std::string& json) { return deserialize_model(saving::parse_json("the model's JSON", json)); }

PYTHON_NAMES("keras.models.load_model");
Model load_model(const std::string& path, LoadModelArgs args) {
  const io::FileBytes bytes = io::map_file(path);
  if (io::is_hdf5(bytes.span()) || path.ends_with(".h5") || path.ends_with(".hdf5"))
    return legacy::load_model_from_hdf5(path, io::Hdf5File::open(bytes), args);
  return load_keras_archive(path, opened(bytes), args);
}

}  // namespace models
}  // namespace cornu::keras

#include <chrono>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "cornu/io/file.h"
#include "cornu/io/zip.h"
#include "cornu/keras/metrics/metrics.h"
#include "cornu/keras/optimizers/registry.h"
#include "cornu/keras/losses/losses.h"
#include "cornu/keras/saving/deserialization.h"
#include "cornu/keras/saving/json_fields.h"
#include "cornu/keras/saving/saving_api.h"
#include "cornu/keras/saving/serialization.h"
#include "cornu/keras/saving/weights_file.h"
#include "cornu/keras/trainers/trainer.h"

namespace cornu::keras {
namespace {

// The version whose layout files follow.
constexpr const char* kKerasVersion = "3.15.1";

// --- compile arguments ---

template <class T, class F>
Json nest_json(const Nest<T>& nest, F&& f) {
  if (nest.is_leaf()) return f(nest.leaf());
  if (nest.is_list()) {
    Json out = Json::array();
    for (const auto& item : nest.list()) out.push_back(nest_json(item, f));
    return out;
  }
  Json out = Json::object();
  for (const auto& [key, item] : nest.dict()) out[key] = nest_json(item, f);
  return out;
}
template <class T, class F>
Nest<T> nest_from(const Json& json, F&& f) {
  if (json.is_array()) {
    typename Nest<T>::List list;
    for (const Json& item : json) list.push_back(nest_from<T>(item, f));
    return Nest<T>(std::move(list));
  }
  if (json.is_object() && !json.contains("class_name")) {
    typename Nest<T>::Dict dict;
    for (const auto& [key, item] : json.items()) dict.emplace_back(key, nest_from<T>(item, f));
    return Nest<T>(std::move(dict));
  }
  return Nest<T>(f(json));
}

Json loss_json(const Loss& loss) {
  if (!loss) return nullptr;
  return loss.identifier().empty() ? serialize(*loss.impl()) : Json(loss.identifier());
}
Json metric_json(const Metric& metric) { return metric.impl() ? serialize(static_cast<const Serializable&>(*metric.impl())) : Json(metric.identifier()); }

Loss loss_from(const Json& json) {
  if (json.is_null()) return Loss();
  if (json.is_string()) return Loss(json.get<std::string>());
  Loss loss;
  read_object(json, loss, losses::registry());
  return loss;
}
Metric metric_from(const Json& json) {
  if (json.is_string()) return Metric(json.get<std::string>());
  Metric metric;
  read_object(json, metric, metrics::registry());
  return metric;
}

template <class T, class F>
Json given_json(const PerOutput<T>& given, F&& f) {
  return given.given() ? nest_json(static_cast<const Nest<T>&>(given), f) : Json(nullptr);
}

Json compile_config(const CompileArgs& args) {
  return Json{{"optimizer", args.optimizer ? serialize(static_cast<const Serializable&>(*args.optimizer.impl())) : Json(nullptr)},
              {"loss", given_json(args.loss, loss_json)},
              {"loss_weights", given_json(args.loss_weights, [](double w) { return Json(w); })},
              {"metrics", given_json(args.metrics, metric_json)},
              {"weighted_metrics", given_json(args.weighted_metrics, metric_json)},
              {"run_eagerly", args.run_eagerly},
              {"steps_per_execution", args.steps_per_execution},
              {"jit_compile", true}};
}

template <class T, class F>
void read_given(const Json& config, const char* key, PerOutput<T>& to, F&& f) {
  if (config.contains(key) && !config[key].is_null()) to = PerOutput<T>(nest_from<T>(config[key], f));
}

CompileArgs compile_args(const Json& config) {
  CompileArgs args;
  args.optimizer = Optimizer();
  if (config.contains("optimizer") && !config["optimizer"].is_null()) {
    // The torch backend names its own classes of the same optimizers.
    Json optimizer = config["optimizer"];
    read_object(optimizer, args.optimizer, optimizers::registry());
  }
  read_given(config, "loss", args.loss, loss_from);
  read_given(config, "loss_weights", args.loss_weights, [](const Json& w) { return w.get<double>(); });
  read_given(config, "metrics", args.metrics, metric_from);
  read_given(config, "weighted_metrics", args.weighted_metrics, metric_from);
  saving::read_field(config, "steps_per_execution", args.steps_per_execution);
  return args;
}

// --- archives ---

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

Json parsed(const std::string& file, std::string_view text) {
  try {
    return Json::parse(text);
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

Json model_json(const Model& model) {
  Json config = serialize(static_cast<const Operation&>(*model.impl()));
  auto& trainer = model.impl()->trainer();
  if (trainer.compiled()) config["compile_config"] = compile_config(trainer.compile_args());
  return config;
}

void refuse_existing(const std::string& path, const SaveArgs& args) {
  if (!args.overwrite && std::filesystem::exists(path)) throw error<FileError>("'{}' exists. Give `.overwrite = true` to replace it.", path);
}

}  // namespace

Json Model::get_compile_config() const {
  const auto& trainer = impl()->trainer();
  return trainer.compiled() ? compile_config(trainer.compile_args()) : Json(nullptr);
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
    throw error<ValueError>("The filename must end in `.keras`. Received: filepath={}. For weights alone use save_weights.", path);
  refuse_existing(path, args);
  const Json metadata{{"keras_version", kKerasVersion}, {"date_saved", now_text()}};
  io::write_zip(path, {{"metadata.json", bytes_of("metadata.json", metadata.dump())},
                       {"config.json", bytes_of("config.json", model_json(*this).dump())},
                       {"model.weights.h5", write_weights(*this, args.include_optimizer)}});
}

void Model::save_weights(const std::string& path, SaveArgs args) const {
  if (!path.ends_with(".weights.h5")) throw error<ValueError>("The filename must end in `.weights.h5`. Received: filepath={}", path);
  refuse_existing(path, args);
  io::write_file_atomically(path, write_weights(*this, false).span());
}

void Model::load_weights(const std::string& path) const {
  if (path.ends_with(".keras")) return read_weights(*this, io::Hdf5File::open(opened(path).read("model.weights.h5")), false);
  read_weights(*this, io::Hdf5File::open(path), false);
}

namespace models {

Model model_from_json(const std::string& json) { return deserialize_model(parsed("the model's JSON", json)); }

Model load_model(const std::string& path, LoadModelArgs args) {
  const io::ZipReader archive = opened(path);
  for (const char* member : {"config.json", "model.weights.h5"})
    if (!archive.contains(member)) throw error<FileError>("Cannot read '{}': it is no .keras file, for it has no member '{}'.", path, member);
  const auto text = archive.read("config.json");
  const Json config = parsed(path, {reinterpret_cast<const char*>(text.data.get()), text.size});
  const Model model = deserialize_model(config);
  const auto weights = io::Hdf5File::open(archive.read("model.weights.h5"));
  bool with_optimizer = false;
  if (args.compile && config.contains("compile_config") && config["compile_config"].is_object()) {
    model.compile(compile_args(config["compile_config"]));
    if (const Optimizer optimizer = model.optimizer(); optimizer && weights.root().is_group("optimizer/vars")) {
      optimizer->build(model.trainable_weights());
      with_optimizer = weights.root().group("optimizer/vars").children().size() == optimizer->variables().size();
    }
  }
  read_weights(model, weights, with_optimizer);
  return model;
}

}  // namespace models
}  // namespace cornu::keras

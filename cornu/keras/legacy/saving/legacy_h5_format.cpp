#include "cornu/keras/legacy/saving/legacy_h5_format.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cornu/base/log.h"
#include "cornu/keras/layers/call_scope.h"
#include "cornu/keras/legacy/saving/h5_lists.h"
#include "cornu/keras/legacy/saving/modern_config.h"
#include "cornu/keras/legacy/saving/optimizer_weights.h"
#include "cornu/keras/saving/compile_config.h"
#include "cornu/keras/saving/deserialization.h"
#include "cornu/keras/saving/json_text.h"
#include "cornu/keras/saving/weights_file.h"

namespace cornu::keras::legacy {
namespace {

// The JSON that an attribute of the root holds; null without it.
Json json_at(const std::string& path, const io::Hdf5File& file, const char* name) {
  const auto attributes = file.root().attributes();
  const auto found = attributes.find(name);
  return found == attributes.end() ? Json() : saving::parse_json(path, found->second.text());
}

bool is_of_keras_2(const io::Hdf5File& file) {
  const auto attributes = file.root().attributes();
  const auto found = attributes.find("keras_version");
  return found == attributes.end() || !found->second.is_text() || found->second.text() < "3";
}

io::Hdf5Group weights_group(const io::Hdf5File& file) {
  return file.root().is_group("model_weights") ? file.root().group("model_weights") : file.root();
}

// Files hold what trains before what does not.
std::vector<Variable> legacy_weights(const Layer& layer) {
  auto out = layer.trainable_weights();
  for (const Variable& v : layer.non_trainable_weights()) out.push_back(v);
  return out;
}

class WeightsReader {
 public:
  WeightsReader(const std::string& path, const io::Hdf5Group& group, const LoadWeightsArgs& args)
      : path_(path), group_(group), args_(args) {}

  void in_order(const Model& model) {
    std::vector<Layer> layers = model.layers();
    std::erase_if(layers, [](const Layer& layer) { return layer.weights().empty(); });
    std::vector<std::string> names = names_at(group_, "layer_names");
    std::erase_if(names, [&](const std::string& name) { return names_at(group_.group(name), "weight_names").empty(); });
    if (names.size() != layers.size())
      throw error<ValueError>(
          "Layer count mismatch when loading weights from file '{}'. Model expected {} layers, found {} saved layers.", path_,
          layers.size(), names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string what =
          fmt::format("layer #{} (named {} in the current model, {} in the save file)", i, layers[i].name(), names[i]);
      add(what, legacy_weights(layers[i]), group_.group(names[i]), false);
    }
  }

  void by_name(const Model& model) {
    const auto names = names_at(group_, "layer_names");
    for (std::size_t i = 0; i < names.size(); ++i)
      for (const Layer& layer : model.layers())
        if (layer.name() == names[i])
          add(fmt::format("layer #{} (named {})", i, names[i]), legacy_weights(layer), group_.group(names[i]),
              args_.skip_mismatch);
  }

  // Weights of the model's own, which belong to no layer.
  void top_level(const Model& model) {
    if (group_.is_group("top_level_model_weights"))
      add("the model itself", model.impl()->own_variables(), group_.group("top_level_model_weights"),
          args_.by_name && args_.skip_mismatch);
  }

  void assign() const { assign_all(found_); }

 private:
  void add(const std::string& what, const std::vector<Variable>& variables, const io::Hdf5Group& saved, bool skip_count) {
    const auto datasets = weights_in(saved);
    if (datasets.size() != variables.size())
      return refuse(skip_count, "Weight count mismatch for {} in '{}'. Layer expects {} weight(s). Received {} saved weight(s)",
                    what, path_, variables.size(), datasets.size());
    for (std::size_t i = 0; i < datasets.size(); ++i) {
      if (datasets[i].shape() == variables[i].shape()) found_.emplace_back(variables[i], datasets[i]);
      else
        refuse(args_.skip_mismatch,
               "Shape mismatch in {} for weight {} in '{}'. Weight expects shape {}. Received saved weight with shape {}", what,
               variables[i].path(), path_, to_string(variables[i].shape()), to_string(datasets[i].shape()));
    }
  }
  template <class... Args>
  static void refuse(bool skip, fmt::format_string<Args...> text, Args&&... args) {
    const std::string why = fmt::format(text, std::forward<Args>(args)...);
    if (!skip) throw ValueError(why);
    log::warn_once("Skipping what does not fit: {}", why);
  }

  const std::string& path_;
  io::Hdf5Group group_;
  const LoadWeightsArgs& args_;
  std::vector<std::pair<Variable, io::Hdf5Dataset>> found_;
};

void compile(const Model& model, const std::string& path, const io::Hdf5File& file) {
  const Json training = json_at(path, file, "training_config");
  if (training.is_null())
    return log::warn_once(
        "No training configuration found in the save file '{}', so the model was *not* compiled. Compile it manually.", path);
  model.compile(compile_args(modern_compile_config(training)));
  if (model.optimizer() && file.root().is_group("optimizer_weights"))
    load_optimizer_weights(model, file.root().group("optimizer_weights"), is_of_keras_2(file));
}

}  // namespace

Model load_model_from_hdf5(const std::string& path, const io::Hdf5File& file, const models::LoadModelArgs& args) {
  const Json config = json_at(path, file, "model_config");
  if (config.is_null())
    throw error<FileError>(
        "Cannot read '{}' as a model: it has no attribute `model_config`. A file of weights alone is read by `load_weights` of "
        "the "
        "model that they belong to.",
        path);
  const Model model = [&] {
    const WithoutInitialValues from_the_file;
    return deserialize_model(modern_model_config(config));
  }();
  load_weights_from_hdf5(model, path, file, {});
  if (args.compile) compile(model, path, file);
  return model;
}

bool has_legacy_weights(const io::Hdf5File& file) {
  return file.root().is_group("model_weights") || !names_at(file.root(), "layer_names").empty();
}

void load_weights_from_hdf5(const Model& model, const std::string& path, const io::Hdf5File& file, const LoadWeightsArgs& args) {
  WeightsReader reader(path, weights_group(file), args);
  if (args.by_name) reader.by_name(model);
  else reader.in_order(model);
  reader.top_level(model);
  reader.assign();
}

}  // namespace cornu::keras::legacy

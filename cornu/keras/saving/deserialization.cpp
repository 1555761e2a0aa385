#include "cornu/keras/saving/deserialization.h"

#include <map>

#include "cornu/keras/layers/registry.h"
#include "cornu/keras/models/functional.h"
#include "cornu/keras/models/sequential.h"
#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/saving/json_fields.h"
#include "cornu/keras/saving/node_json.h"
#include "cornu/keras/saving/serialization.h"

namespace cornu::keras {
namespace {

using LayerFactory = std::function<Layer(const Json& config)>;
std::map<std::string, LayerFactory>& custom_layers() {
  static std::map<std::string, LayerFactory> instance;
  return instance;
}

Layer sequential_from_config(const Json& config) {
  SequentialArgs args;
  saving::read_field(config, "name", args.name);
  saving::read_field(config, "trainable", args.trainable);
  std::vector<Layer> layers;
  if (config.contains("layers"))
    for (const Json& layer : config["layers"]) layers.push_back(deserialize_layer(layer));
  auto model = Sequential(std::move(layers), args);
  if (!model.built() && config.contains("build_input_shape")) {
    Shape shape;
    saving::read_field(config, "build_input_shape", shape);
    model.build(shape);
  }
  return model;
}

}  // namespace

namespace saving {
void register_layer(const std::string& class_name, LayerFactory from_config) { custom_layers()[class_name] = std::move(from_config); }
}  // namespace saving

Layer deserialize_layer(const Json& json) {
  const ObjectConfig found = object_config(json);
  try {
    if (auto custom = custom_layers().find(found.class_name); custom != custom_layers().end()) return custom->second(found.config);
    if (found.class_name == "Sequential") return sequential_from_config(found.config);
    if (found.class_name == "Functional" || found.class_name == "Model") return Layer(functional_from_config(found.config));
    for (const auto& row : layers::registry())
      if (found.class_name == row.class_name) return row.from_config(found.config);
  } catch (const ValueError& e) {
    throw error<ValueError>("The {} '{}' of the file cannot be made. {}", found.class_name, found.config.value("name", std::string()), e.what());
  } catch (const nlohmann::json::exception& e) {
    throw error<ValueError>("The {} of the file has a malformed config: {}", found.class_name, e.what());
  }
  refuse_class(found.class_name);
}

std::shared_ptr<Operation> deserialize_operation(const Json& json, const Json& args, const Json& kwargs) {
  const ObjectConfig found = object_config(json);
  // A function of keras.ops and a layer may share a class name ("Softmax"): the module tells.
  const std::string module = json.value("module", std::string());
  if (module.find(".ops.") != module.npos)
    if (const auto* function = ops::find_function_class(found.class_name)) return function->make(found.config, args, kwargs);
  return deserialize_layer(json).impl();
}

Model deserialize_model(const Json& json) {
  const Layer layer = deserialize_layer(json);
  auto impl = std::dynamic_pointer_cast<ModelImpl>(layer.impl());
  if (!impl) throw error<ValueError>("The file holds a layer ({}), not a model.", layer.impl()->class_name());
  return Model(std::move(impl));
}

}  // namespace cornu::keras

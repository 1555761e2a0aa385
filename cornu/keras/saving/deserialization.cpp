#include "cornu/keras/saving/deserialization.h"

#include <algorithm>

#include "cornu/keras/layers/call_scope.h"
#include "cornu/keras/layers/registry.h"
#include "cornu/keras/models/functional.h"
#include "cornu/keras/models/sequential.h"
#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/saving/compile_config.h"
#include "cornu/keras/saving/json_fields.h"
#include "cornu/keras/saving/node_json.h"
#include "cornu/keras/saving/serialization.h"

namespace cornu::keras {
namespace {

constexpr int64_t kMostCalls = 100'000;  // a model of a thousand layers, four models deep, makes some four thousand

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

Nest<Shape> shapes_of(const Json& json) {
  const bool is_shape =
      json.is_array() && std::all_of(json.begin(), json.end(), [](const Json& dim) { return dim.is_null() || dim.is_number(); });
  if (is_shape) {
    Shape shape;
    read_json(json, shape);
    return Nest<Shape>(shape);
  }
  if (json.is_array()) {
    Nest<Shape>::List list;
    for (const Json& item : json) list.push_back(shapes_of(item));
    return Nest<Shape>(std::move(list));
  }
  if (!json.is_object()) saving::mismatch("shapes", json);
  Nest<Shape>::Dict dict;
  for (const auto& [key, item] : json.items()) dict.emplace_back(key, shapes_of(item));
  return Nest<Shape>(std::move(dict));
}

// A layer of the user's own; built as it was, by a call on inputs of the shapes it saw (what it holds may make weights only then).
Layer registered_layer(const ObjectConfig& found, const Json& json) {
  Layer layer(saving::make_registered<LayerImpl>(found.registered_name, found.config));
  if (!layer) return layer;
  layer.impl()->finish_construction();
  const Json build = json.is_object() ? json.value("build_config", Json()) : Json();
  if (build.is_object() && build.contains("input_shape")) layer.impl()->compute_output_shape(shapes_of(build["input_shape"]));
  return layer;
}

Layer keras_layer(const ObjectConfig& found) {
  if (found.class_name == "Sequential") return sequential_from_config(found.config);
  if (found.class_name == "Functional" || found.class_name == "Model") return Layer(functional_from_config(found.config));
  for (const auto& row : layers::registry())
    if (found.class_name == row.class_name) {
      const Layer layer = row.from_config(found.config);
      refuse_unknown_arguments(found, layer.get_config());
      return layer;
    }
  return Layer();
}

// The innermost object that fails is the one to name.
struct CannotBeMade : ValueError {
  using ValueError::ValueError;
};

[[noreturn]] void cannot_be_made(const ObjectConfig& found, const std::exception& e) {
  throw error<CannotBeMade>("The {} '{}' of the file cannot be made. {}", found.class_name, text_at(found.config, "name"),
                            e.what());
}

}  // namespace

Layer deserialize_layer(const Json& json) {
  const CallBudget budget(kMostCalls);
  const ObjectConfig found = object_config(json);
  try {
    Layer layer = registered_layer(found, json);
    if (!layer && found.may_be_keras()) layer = keras_layer(found);
    if (layer) {
      const auto model = std::dynamic_pointer_cast<ModelImpl>(layer.impl());
      const Json compiled = json.is_object() ? json.value("compile_config", Json()) : Json();
      if (model && compiled.is_object() && !compiled.empty()) Model(model).compile(compile_args(compiled));
      return layer;
    }
  } catch (const CannotBeMade&) {
    throw;
  } catch (const ValueError& e) {
    cannot_be_made(found, e);
  } catch (const IndexError& e) {
    cannot_be_made(found, e);
  } catch (const NotImplementedError& e) {
    cannot_be_made(found, e);
  } catch (const nlohmann::json::exception& e) {
    throw error<ValueError>("The {} of the file has a malformed config: {}", found.class_name, e.what());
  }
  refuse_class(found);
}

std::shared_ptr<Operation> deserialize_operation(const Json& json, const Json& args, const Json& kwargs) {
  const ObjectConfig found = object_config(json);
  // A function of keras.ops and a layer may share a class name ("Softmax"): the module tells.
  if (found.module.find(".ops.") != found.module.npos)
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

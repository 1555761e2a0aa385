#include "cornu/keras/saving/serialization.h"

#include <algorithm>

#include "cornu/base/log.h"
#include "cornu/keras/models/functional.h"
#include "cornu/keras/models/sequential.h"
#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/saving/compile_config.h"
#include "cornu/keras/saving/json_fields.h"

namespace cornu::keras {
namespace {

// Classes of Keras's own are those of this library's rooms.
bool is_keras_class(const std::type_info& type, const std::string& class_name) {
  const std::string name = saving::qualified_name(type), own = class_name + "Impl";
  return name == "cornu::keras::layers::" + own || name == "cornu::keras::" + own;
}

Json envelope(const auto& object, std::string module, std::string registered) {
  if (auto custom = saving::get_registered_name(typeid(object))) {
    module.clear();
    registered = *custom;
  }
  auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  return Json{{"module", or_null(module)},
              {"class_name", object.class_name()},
              {"config", object.get_config()},
              {"registered_name", or_null(registered)}};
}

Json shapes_json(const Nest<Shape>& shapes) {
  if (shapes.is_leaf()) return json_of(shapes.leaf());
  Json out = shapes.is_list() ? Json::array() : Json::object();
  if (shapes.is_list())
    for (const auto& item : shapes.list()) out.push_back(shapes_json(item));
  else
    for (const auto& [key, item] : shapes.dict()) out[key] = shapes_json(item);
  return out;
}

}  // namespace

Json serialize(const Operation& operation) {
  const auto* layer = dynamic_cast<const LayerImpl*>(&operation);
  const bool custom = layer && !is_keras_class(typeid(operation), operation.class_name());
  Json out = custom ? envelope(operation, "", operation.class_name())
                    : envelope(operation, operation.module_name(), operation.registered_name());
  // A graph of layers needs no shape; a layer that is built from the start has none.
  if (dynamic_cast<const FunctionalImpl*>(&operation)) out["build_config"] = {{"input_shape", nullptr}};
  else if (layer && layer->build_shape() && layer->build_shape()->count() > 0)
    out["build_config"] = {{"input_shape", shapes_json(*layer->build_shape())}};
  if (auto* model = dynamic_cast<const ModelImpl*>(&operation)) out["compile_config"] = compile_config(*model);
  return out;
}
Json serialize(const Serializable& object) { return envelope(object, object.module_name(), object.registered_name()); }
Json serialize_function(const std::string& name) {
  return Json{{"module", "builtins"}, {"class_name", "function"}, {"config", name}, {"registered_name", "function"}};
}

bool ObjectConfig::may_be_keras() const {
  if (registered_name.find('>') != registered_name.npos) return false;
  return module.empty() || module == "builtins" || module == "keras" || module.starts_with("keras.");
}

std::string shortened(const Json& json) {
  constexpr std::size_t kLongest = 400;
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() > kLongest ? text.substr(0, kLongest) + "..." : text;
}

std::string text_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

ObjectConfig object_config(const Json& json) {
  if (json.is_null()) return {};
  if (json.is_string())
    return {.class_name = json.get<std::string>(), .config = Json::object(), .registered_name = json.get<std::string>()};
  if (!json.is_object() || text_at(json, "class_name").empty())
    throw error<ValueError>("expected a name or an object with `class_name` and `config`. Received: {}", shortened(json));
  ObjectConfig out{text_at(json, "class_name"), Json::object(), text_at(json, "module"), text_at(json, "registered_name")};
  const auto config = json.find("config");
  if (config != json.end() && config->is_object()) out.config = *config;
  if (out.class_name != "function") return out;
  if (config == json.end() || !config->is_string())
    throw error<ValueError>("expected the name of a function in `config`. Received: {}", shortened(json));
  out.is_function = true;
  out.class_name = out.registered_name = config->get<std::string>();
  return out;
}

void refuse_unknown_arguments(const ObjectConfig& found, const Json& own_config) {
  // What losses, metrics, layers, an Input, Identity and a LossScaleOptimizer take and, as in Keras, do not write.
  constexpr std::string_view kUnwritten[] = {"dtype",    "axis", "delta",        "input_shape", "batch_input_shape",
                                             "autocast", "gain", "ema_momentum", "dynamic"};
  for (const auto& [key, value] : found.config.items()) {
    if (own_config.contains(key) || std::count(std::begin(kUnwritten), std::end(kUnwritten), key)) continue;
    if (value.is_null() || value == Json(false) || value == Json("") || value == Json::array() || value == Json::object()) {
      log::debug("Ignored `{}` of a {}: it is not used.", key, found.class_name);
      continue;
    }
    std::string known;
    for (const auto& [own, unused] : own_config.items()) known += (known.empty() ? "" : ", ") + own;
    throw error<ValueError>("Unrecognized keyword arguments passed to {}: {}={}. It takes: {}.", found.class_name, key,
                            shortened(value), known);
  }
}

void refuse_class(const ObjectConfig& found) {
  if (found.class_name == "Lambda" || found.class_name == "__lambda__")
    throw ValueError(
        "Requested the deserialization of a Lambda, which is Python code. Loading never runs code: write it as a layer of your "
        "own, "
        "register that with `keras::saving::register_keras_serializable`, and save the model with it.");
  const std::string from = found.module.empty() ? "" : " of the module '" + found.module + "'";
  const std::string registered = found.registered_name.empty() ? "" : " (registered_name: '" + found.registered_name + "')";
  throw error<TypeError>(
      "Could not locate {} '{}'{}{}. Make sure custom classes and functions are registered with "
      "`keras::saving::register_keras_serializable`, under the package and name that the file says, before loading. Config: {}",
      found.is_function ? "function" : "class", found.class_name, from, registered, shortened(found.config));
}

}  // namespace cornu::keras

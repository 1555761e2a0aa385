#include "cornu/keras/saving/serialization.h"

#include "cornu/keras/models/functional.h"
#include "cornu/keras/models/sequential.h"
#include "cornu/keras/ops/function_record.h"

namespace cornu::keras {
namespace {

template <class Object>
Json envelope(const Object& object) {
  const std::string registered = object.registered_name();
  return Json{{"module", object.module_name()},
              {"class_name", object.class_name()},
              {"config", object.get_config()},
              {"registered_name", registered.empty() ? Json(nullptr) : Json(registered)}};
}

}  // namespace

Json shape_json(const Shape& shape) {
  Json out = Json::array();
  for (int64_t dim : shape) out.push_back(dim == Shape::kUnknown ? Json(nullptr) : Json(dim));
  return out;
}

Json serialize(const Operation& operation) {
  Json out = envelope(operation);
  const auto* layer = dynamic_cast<const LayerImpl*>(&operation);
  const bool is_model = dynamic_cast<const FunctionalImpl*>(&operation) != nullptr;
  if (layer && layer->built() && !is_model && layer->build_shape() && layer->build_shape()->is_leaf() && operation.class_name() != "InputLayer")
    out["build_config"] = {{"input_shape", shape_json(layer->build_shape()->leaf())}};
  return out;
}
Json serialize(const Serializable& object) { return envelope(object); }

ObjectConfig object_config(const Json& json) {
  if (json.is_null()) return {};
  if (json.is_string()) return {json.get<std::string>(), Json::object()};
  const auto name = json.find("class_name"), config = json.find("config");
  if (!json.is_object() || name == json.end() || !name->is_string())
    throw error<ValueError>("expected a name or an object with `class_name` and `config`. Received: {}", json.dump());
  return {name->get<std::string>(), config != json.end() && config->is_object() ? *config : Json::object()};
}

void refuse_class(const std::string& class_name) {
  if (class_name == "Lambda" || class_name == "__lambda__")
    throw ValueError("The file holds a Lambda, which is Python code. Loading never runs code: replace it by a layer of your own, register that under the "
                     "same name, and save the model again.");
  throw error<ValueError>("Unknown class: '{}'. Cornu does not have it; if it is your own, register it (custom objects) before loading.", class_name);
}

}  // namespace cornu::keras

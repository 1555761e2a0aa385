#include "cornu/keras/legacy/saving/modern_calls.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "cornu/keras/saving/json_fields.h"

namespace cornu::keras::legacy {
namespace {

bool is_modern_call(const Json& json) { return json.is_object() && json.contains("args") && json.contains("kwargs"); }
// A number or a list of numbers among the tensors: ["_CONSTANT_VALUE", -1, value].
bool is_constant(const Json& json) { return json.is_array() && json.size() >= 3 && json[0] == "_CONSTANT_VALUE"; }

// The keyword arguments stand beside every tensor of a call.
Json keywords_of(const Json& call) {
  if (call.is_array() && call.size() == 4 && call[0].is_string() && call[3].is_object()) return call[3];
  return call.is_structured() && !call.empty() ? keywords_of(*call.begin()) : Json::object();
}

}  // namespace

ModernCalls::ModernCalls(const Json& config) {
  const Json& layers = config["layers"];
  if (!layers.is_array()) saving::mismatch("a list of layers", layers);
  for (const Json& layer : layers) {
    if (!layer.is_object() || !layer.contains("name") || !layer["name"].is_string())
      saving::mismatch("a layer with its `name`", layer);
    const Json nodes = layer.value("inbound_nodes", Json::array());
    const Json class_name = layer.value("class_name", Json());
    layers_[layer["name"].get<std::string>()] = {class_name == "Functional" || class_name == "Model",
                                                 static_cast<int64_t>(nodes.size())};
    is_modern_ |= std::any_of(nodes.begin(), nodes.end(), is_modern_call);
  }
  for (const Json& layer : layers) note(layer.value("inbound_nodes", Json::array()));
  for (const char* key : {"input_layers", "output_layers"}) note(config.value(key, Json()));
}

bool ModernCalls::is_place(const Json& json) const {
  return json.is_array() && (json.size() == 3 || json.size() == 4) && json[0].is_string() && json[1].is_number_integer() &&
         json[1] >= 0 && json[1] <= std::numeric_limits<int32_t>::max() && json[2].is_number_integer() &&
         layers_.contains(json[0].get<std::string>());
}

void ModernCalls::note(const Json& json) {
  if (is_place(json)) {
    Called& called = layers_[json[0].get<std::string>()];
    called.largest = std::max(called.largest, json[1].get<int64_t>());
  }
  if (json.is_structured())
    for (const Json& item : json) note(item);
}

Json ModernCalls::value(const Json& json) const {
  if (is_place(json)) {
    const Called& called = layers_.at(json[0].get<std::string>());
    const Json place = Json::array({json[0], json[1].get<int64_t>() - called.first(), json[2]});
    return Json{{"class_name", "__keras_tensor__"}, {"config", {{"keras_history", place}}}};
  }
  if (is_constant(json)) return json[2];
  Json out = json;
  if (out.is_structured())
    for (Json& item : out) item = value(item);
  return out;
}

Json ModernCalls::call(const Json& node) const {
  if (is_modern_call(node)) return node;
  const bool is_one = node.is_array() && node.size() == 1;
  return Json{{"args", Json::array({value(is_one ? node[0] : node)})}, {"kwargs", value(keywords_of(node))}};
}

Json ModernCalls::places(const Json& json) const {
  if (is_modern_) return json;
  if (is_place(json)) {
    const Called& called = layers_.at(json[0].get<std::string>());
    return Json::array({json[0], json[1].get<int64_t>() - called.first() + (called.is_functional ? 1 : 0), json[2]});
  }
  Json out = json;
  if (out.is_structured())
    for (Json& item : out) item = places(item);
  return out;
}

}  // namespace cornu::keras::legacy

#include "cornu/keras/legacy/saving/modern_config.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cornu/base/log.h"
#include "cornu/keras/legacy/saving/modern_calls.h"
#include "cornu/keras/losses/losses.h"
#include "cornu/keras/metrics/metrics.h"
#include "cornu/keras/optimizers/registry.h"
#include "cornu/keras/saving/json_fields.h"
#include "cornu/keras/saving/serialization.h"

namespace cornu::keras::legacy {
namespace {

// Arguments that Keras 3 takes no more, and that change nothing it computes.
constexpr std::string_view kForgotten[] = {"batch_input_shape",
                                           "decay",
                                           "fn",
                                           "implementation",
                                           "input_length",
                                           "jit_compile",
                                           "ragged",
                                           "is_legacy_optimizer",
                                           "time_major",
                                           "virtual_batch_size"};
// Calls of TensorFlow's own functions on symbolic tensors, which files hold by their Python names.
constexpr std::string_view kPythonCalls[] = {"TFOpLambda",     "SlicingOpLambda", "TensorFlowOpLayer",
                                             "InstanceMethod", "ClassMethod",     "InstanceProperty"};

template <class Range>
bool has(const Range& range, std::string_view text) {
  return std::find(std::begin(range), std::end(range), text) != std::end(range);
}
bool is_object_config(const Json& json) { return json.is_object() && json.contains("class_name") && json.contains("config"); }

Json modern(const Json& json);

// "axis": [3] is 3.
Json modern_axis(const Json& axis) { return axis.is_array() && axis.size() == 1 ? axis[0] : axis; }

Json modern_arguments(const std::string& class_name, const Json& config) {
  Json out = Json::object();
  for (const auto& [key, value] : config.items()) {
    if (has(kForgotten, key) && !(key == "batch_input_shape" && class_name == "InputLayer")) continue;
    if (key == "axis") out[key] = modern_axis(value);
    else if (key == "alpha" && class_name == "LeakyReLU") out["negative_slope"] = value;
    else out[key] = modern(value);
  }
  return out;
}

// An Input in front of a Sequential whose first layer says its shape: files from before Keras 2.4 have none.
void put_input_first(Json& layers, const Json& first) {
  const Json config = first.is_object() ? first.value("config", Json()) : Json();
  if (!config.is_object() || !config.contains("batch_input_shape") || text_at(first, "class_name") == "InputLayer") return;
  const Json input{{"batch_input_shape", config["batch_input_shape"]},
                   {"dtype", config.value("dtype", Json("float32"))},
                   {"name", text_at(config, "name") + "_input"}};
  layers.insert(layers.begin(), Json{{"class_name", "InputLayer"}, {"config", input}});
}

// The list of its layers was the whole config of a Sequential before Keras 2.2.3.
Json modern_sequential(const Json& given) {
  Json config = given.is_array() ? Json{{"layers", given}} : given;
  const auto found = config.find("layers");
  if (found == config.end() || !found->is_array() || found->empty()) return config;
  const Json first = found->front();
  *found = modern(*found);
  put_input_first(*found, first);
  return config;
}

Json modern_functional(const Json& given) {
  Json config = given;
  const ModernCalls calls(config);
  for (Json& layer : config["layers"]) {
    Json made = modern(layer);
    made["name"] = layer.value("name", Json());
    made["inbound_nodes"] = Json::array();
    for (const Json& call : layer.value("inbound_nodes", Json::array())) made["inbound_nodes"].push_back(calls.call(call));
    layer = std::move(made);
  }
  for (const char* key : {"input_layers", "output_layers"})
    if (config.contains(key)) config[key] = calls.places(config[key]);
  return config;
}

// A layer, an initializer, ...: whatever has a class and a config.
Json modern_object(const Json& json) {
  const std::string class_name = text_at(json, "class_name");
  const Json& config = json["config"];
  if (has(kPythonCalls, class_name))
    throw error<ValueError>(
        "The layer '{}' is a {}: a function of TensorFlow that Keras 2 noted by its Python name. Expected: Keras's own layers. "
        "Build the model with a layer or a function of keras.ops in its place and save it again.",
        config.is_object() ? text_at(config, "name") : "", class_name);
  Json out = json;
  if (const auto at = class_name.find('>'); at != class_name.npos) {
    out["class_name"] = class_name.substr(at + 1);
    out["registered_name"] = class_name;
  }
  if (class_name == "Sequential") out["config"] = modern_sequential(config);
  else if (config.is_object() && config.contains("layers") && config.contains("output_layers"))
    out["config"] = modern_functional(config);
  else if (config.is_object()) out["config"] = modern_arguments(class_name, config);
  return out;
}

Json modern(const Json& json) {
  if (json.is_array()) {
    Json out = Json::array();
    for (const Json& item : json) out.push_back(modern(item));
    return out;
  }
  return is_object_config(json) && !json.contains("module") ? modern_object(json) : json;
}

// --- what compile was given ---

// The leaves of lists and dicts: names and objects.
template <class F>
Json each(const Json& json, F&& f) {
  if (!json.is_structured() || is_object_config(json)) return f(json);
  Json out = json;
  for (Json& item : out) item = each(item, f);
  return out;
}

Json modern_loss(const Json& json) {
  if (!is_object_config(json) || json.contains("module") || !json["config"].is_object()) return json;
  if (text_at(json, "class_name") == "LossFunctionWrapper") return serialize_function(text_at(json["config"], "fn"));
  Json out = modern(json);
  if (text_at(out["config"], "reduction") == "auto") out["config"]["reduction"] = "sum_over_batch_size";
  return out;
}

// A metric that is the mean of a function is known by that function.
Json modern_metric(const Json& json) {
  if (!is_object_config(json) || json.contains("module")) return json;
  if (text_at(json, "class_name") != "MeanMetricWrapper" || !json["config"].is_object()) return modern(json);
  const std::string function = text_at(json["config"], "fn");
  const auto* row = find_row(metrics::registry(), function);
  if (!row) return serialize_function(function);
  return Json{{"class_name", row->class_name}, {"config", modern_arguments(row->class_name, json["config"])}};
}

Json modern_optimizer(const Json& json) {
  if (!is_object_config(json) || !json["config"].is_object()) return json;
  const Json& given = json["config"];
  if (const auto decay = given.find("decay"); decay != given.end() && decay->is_number() && decay->get<double>() != 0)
    log::warn_once("Argument `decay` is no longer supported and will be ignored.");
  Json out = modern(json);
  Json& config = out["config"];
  if (config.contains("lr") && !config.contains("learning_rate")) {
    config["learning_rate"] = config["lr"];
    config.erase("lr");
  }
  // Keras 2 registers its own as if they were the user's: "Custom>Adam".
  const bool is_keras = find_row(optimizers::registry(), text_at(out, "class_name")) != nullptr;
  if (is_keras && !saving::is_registered(text_at(out, "registered_name"))) out.erase("registered_name");
  return out;
}

}  // namespace

Json modern_model_config(const Json& config) {
  if (!is_object_config(config)) saving::mismatch("the config of a model, with `class_name` and `config`", config);
  return modern(config);
}

Json modern_compile_config(const Json& config) {
  if (!config.is_object() || !config.contains("optimizer_config"))
    saving::mismatch("the arguments of compile, with `optimizer_config`", config);
  return Json{{"optimizer", modern_optimizer(config["optimizer_config"])},
              {"loss", each(config.value("loss", Json()), modern_loss)},
              {"loss_weights", config.value("loss_weights", Json())},
              {"metrics", each(config.value("metrics", Json()), modern_metric)},
              {"weighted_metrics", each(config.value("weighted_metrics", Json()), modern_metric)}};
}

}  // namespace cornu::keras::legacy

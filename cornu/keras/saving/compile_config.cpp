#include "cornu/keras/saving/compile_config.h"

#include "cornu/keras/losses/losses.h"
#include "cornu/keras/metrics/metrics.h"
#include "cornu/keras/optimizers/registry.h"
#include "cornu/keras/saving/json_fields.h"
#include "cornu/keras/saving/serialization.h"
#include "cornu/keras/trainers/trainer.h"

namespace cornu::keras {
namespace {

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

// A registered function given by its name is a function in files.
Json name_json(const std::string& name) { return name.find('>') == name.npos ? Json(name) : serialize_function(name); }

Json loss_json(const Loss& loss) {
  if (!loss) return nullptr;
  return loss.identifier().empty() ? serialize(*loss.impl()) : name_json(loss.identifier());
}
// A loss's function is no metric's name to Keras, but a function that it finds.
Json metric_json(const Metric& metric) {
  if (metric.impl()) return serialize(static_cast<const Serializable&>(*metric.impl()));
  const auto* loss = find_row(losses::registry(), metric.identifier());
  const bool is_metric = !loss || find_row(metrics::registry(), metric.identifier());
  return is_metric ? name_json(metric.identifier()) : serialize_function(loss->names[0]);
}

// What a file calls a function: one of Keras's, or a registered one.
std::string function_name(const ObjectConfig& found) {
  if (!find_row(losses::registry(), found.class_name) && !find_row(metrics::registry(), found.class_name) &&
      !saving::get_registered_function<Loss::Function>(found.class_name))
    refuse_class(found);
  return found.class_name;
}

Loss loss_from(const Json& json) {
  if (json.is_null()) return Loss();
  if (json.is_string()) return Loss(json.get<std::string>());
  if (const ObjectConfig found = object_config(json); found.is_function) return Loss(function_name(found));
  Loss loss;
  read_object(json, loss, losses::registry());
  return loss;
}
Metric metric_from(const Json& json) {
  if (json.is_string()) return Metric(json.get<std::string>());
  if (const ObjectConfig found = object_config(json); found.is_function) return Metric(function_name(found));
  Metric metric;
  read_object(json, metric, metrics::registry());
  return metric;
}

template <class T, class F>
Json given_json(const PerOutput<T>& given, F&& f) {
  return given.given() ? nest_json(static_cast<const Nest<T>&>(given), f) : Json(nullptr);
}

template <class T, class F>
void read_given(const Json& config, const char* key, PerOutput<T>& to, F&& f) {
  if (config.contains(key) && !config[key].is_null()) to = PerOutput<T>(nest_from<T>(config[key], f));
}

}  // namespace

Json compile_config(const ModelImpl& model) {
  if (!model.trainer().compiled()) return Json::object();
  const CompileArgs& args = model.trainer().compile_args();
  return Json{{"optimizer", args.optimizer ? serialize(static_cast<const Serializable&>(*args.optimizer.impl())) : Json(nullptr)},
              {"loss", given_json(args.loss, loss_json)},
              {"loss_weights", given_json(args.loss_weights, [](double w) { return Json(w); })},
              {"metrics", given_json(args.metrics, metric_json)},
              {"weighted_metrics", given_json(args.weighted_metrics, metric_json)},
              {"run_eagerly", args.run_eagerly},
              {"steps_per_execution", args.steps_per_execution},
              {"jit_compile", !args.run_eagerly && args.jit_compile != "false"}};
}

CompileArgs compile_args(const Json& config) {
  CompileArgs args;
  if (config.contains("optimizer")) {
    args.optimizer = Optimizer();
    if (!config["optimizer"].is_null()) read_object(config["optimizer"], args.optimizer, optimizers::registry());
  }
  read_given(config, "loss", args.loss, loss_from);
  read_given(config, "loss_weights", args.loss_weights, [](const Json& json) {
    double weight;
    saving::read_json(json, weight);
    return weight;
  });
  read_given(config, "metrics", args.metrics, metric_from);
  read_given(config, "weighted_metrics", args.weighted_metrics, metric_from);
  saving::read_field(config, "run_eagerly", args.run_eagerly);
  saving::read_field(config, "steps_per_execution", args.steps_per_execution);
  if (config.contains("jit_compile")) args.jit_compile = config["jit_compile"] == Json(false) ? "false" : "true";
  return args;
}

}  // namespace cornu::keras

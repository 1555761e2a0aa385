#include "cli/compile_options.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cornu/keras/saving/json_text.h"
#include "cornu/keras/saving/serialization.h"

namespace cornu::cli {
namespace {

bool is_json(const std::string& text) { return text.starts_with("{") || text.starts_with("["); }

Json optimizer_of(const std::string& text) {
  if (is_json(text)) return parse_json(text, "--optimizer");
  const keras::Optimizer optimizer(text);
  return keras::serialize(static_cast<const keras::Serializable&>(*optimizer.impl()));
}

Json loss_of(const std::string& text) { return is_json(text) ? parse_json(text, "--loss") : Json(text); }

Json metrics_of(const std::string& text) {
  if (is_json(text)) return parse_json(text, "--metrics");
  Json names = Json::array();
  std::stringstream list(text);
  for (std::string name; std::getline(list, name, ',');) names.push_back(name);
  return names;
}

}  // namespace

void add_compile_options(CLI::App& verb, CompileOptions& options) {
  verb.add_option("--optimizer", options.optimizer,
                  "A name (rmsprop unless the model has one), or its JSON with class_name and config");
  verb.add_option("--loss", options.loss, "A name or JSON; of several outputs a JSON list, or an object by output");
  verb.add_option("--metrics", options.metrics, "Names with commas between, or JSON");
}

void compile(const keras::Model& model, const CompileOptions& options) {
  if (options.optimizer.empty() && options.loss.empty() && options.metrics.empty() && model.optimizer()) return;
  Json config = model.get_compile_config();
  if (config.is_null()) config = Json{{"optimizer", optimizer_of("rmsprop")}};
  if (!options.optimizer.empty()) config["optimizer"] = optimizer_of(options.optimizer);
  if (!options.loss.empty()) config["loss"] = loss_of(options.loss);
  if (!options.metrics.empty()) config["metrics"] = metrics_of(options.metrics);
  if (!config.contains("loss") || config["loss"].is_null())
    throw UsageError("the model is not compiled: give --loss (and --optimizer, --metrics).");
  model.compile_from_config(config);
}

Json parse_json(const std::string& text, const char* option) {
  try {
    return keras::saving::parse_json(option, text);
  } catch (const FileError& e) {
    throw UsageError(fmt::format("{} is no valid JSON. {} Received: {}", option, e.what(), text.substr(0, 200)));
  }
}

}  // namespace cornu::cli

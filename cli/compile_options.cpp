#include "cli/compile_options.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace cornu::cli {
namespace {

// JSON as it is; anything else is a name.
Json name_or_json(const std::string& text, const char* option) {
  const bool is_json = text.starts_with("{") || text.starts_with("[");
  return is_json ? parse_json(text, option) : Json(text);
}

Json metrics_of(const std::string& text) {
  if (text.starts_with("{") || text.starts_with("[")) return parse_json(text, "--metrics");
  Json names = Json::array();
  std::stringstream list(text);
  for (std::string name; std::getline(list, name, ',');) names.push_back(name);
  return names;
}

}  // namespace

void add_compile_options(CLI::App& verb, CompileOptions& options) {
  verb.add_option("--optimizer", options.optimizer, "A name (rmsprop unless the model has one), or its JSON with class_name and config");
  verb.add_option("--loss", options.loss, "A name or JSON; of several outputs a JSON list, or an object by output");
  verb.add_option("--metrics", options.metrics, "Names with commas between, or JSON");
}

void compile(const keras::Model& model, const CompileOptions& options) {
  if (options.optimizer.empty() && options.loss.empty() && options.metrics.empty() && model.optimizer()) return;
  Json config = model.get_compile_config();
  if (config.is_null()) config = Json{{"optimizer", "rmsprop"}};
  if (!options.optimizer.empty()) config["optimizer"] = name_or_json(options.optimizer, "--optimizer");
  if (!options.loss.empty()) config["loss"] = name_or_json(options.loss, "--loss");
  if (!options.metrics.empty()) config["metrics"] = metrics_of(options.metrics);
  if (!config.contains("loss") || config["loss"].is_null()) throw UsageError("the model is not compiled: give --loss (and --optimizer, --metrics).");
  model.compile_from_config(config);
}

Json parse_json(const std::string& text, const char* option) {
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::exception& e) {
    throw UsageError(fmt::format("{} is no valid JSON ({}). Received: {}", option, e.what(), text));
  }
}

}  // namespace cornu::cli

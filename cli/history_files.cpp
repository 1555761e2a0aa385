#include "cli/history_files.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace cornu::cli {

std::string history_json(const keras::History& history) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [name, values] : history.history) json[name] = values;
  return json.dump() + "\n";
}

std::string history_csv(const keras::History& history) {
  std::string text = "epoch";
  for (const auto& [name, values] : history.history) text += "," + name;
  text += "\n";
  for (std::size_t i = 0; i < history.epoch.size(); ++i) {
    text += std::to_string(history.epoch[i]);
    for (const auto& [name, values] : history.history) text += fmt::format(",{}", values.at(i));
    text += "\n";
  }
  return text;
}

}  // namespace cornu::cli

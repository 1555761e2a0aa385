#include "cornu/keras/saving/json_text.h"

#include <nlohmann/json.hpp>

#include "cornu/base/errors.h"

namespace cornu::keras::saving {
namespace {

constexpr int kDeepest = 500;  // a model in a model takes some six levels

}  // namespace

void check_config_size(const std::string& file, std::size_t bytes) {
  if (bytes > kLargestConfig)
    throw error<FileError>("Cannot read '{}': its description of the model has {} bytes. Expected: {} MiB at most.", file, bytes,
                           kLargestConfig >> 20);
}

Json parse_json(const std::string& file, std::string_view text) {
  check_config_size(file, text.size());
  const auto not_too_deep = [&](int depth, Json::parse_event_t, const Json&) {
    if (depth > kDeepest) throw error<FileError>("Cannot read '{}': its JSON is more than {} levels deep.", file, kDeepest);
    return true;
  };
  try {
    return Json::parse(text, not_too_deep);
  } catch (const nlohmann::json::exception& e) {
    throw error<FileError>("Cannot read '{}': its JSON is malformed ({}).", file, e.what());
  }
}

}  // namespace cornu::keras::saving

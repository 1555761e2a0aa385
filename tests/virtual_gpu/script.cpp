#include "tests/virtual_gpu/script.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>

namespace virtual_gpu {
namespace {

std::map<std::string, int64_t> read_properties(const std::string& path) {
  std::map<std::string, int64_t> properties;
  const auto json = nlohmann::json::parse(std::ifstream(VIRTUAL_GPU_SOURCE "/" + path));
  for (const auto& [key, value] : json.at("properties").items()) {
    if (value.is_number_integer()) properties[key] = value;
    for (std::size_t i = 0; value.is_array() && i < value.size(); ++i) properties[key + "." + std::to_string(i)] = value[i];
  }
  return properties;
}

Script read(const std::string& path) {
  if (path.empty()) return {};
  const auto json = nlohmann::json::parse(std::ifstream(path));
  Script script{.init = json.value("init", 0u), .version = json.value("version", 13000)};
  script.driver_version = json.value("driver_version", script.driver_version);
  script.hang = json.value("hang", "");
  script.abort = json.value("abort", "");
  script.record = json.value("record", "");
  script.idle = json.value("idle", false);
  script.eager_copies = json.value("eager_copies", false);
  for (const auto& card : json.value("devices", nlohmann::json::array()))
    script.cards.push_back(
        {card.at("name"), card.at("pci_bus_id"), card.at("uuid"), card.at("compute_capability"), card.at("memory_mib"),
         card.value("used_mib", int64_t{0}), card.value("processes", std::vector<unsigned>()), card.value("throttle", 0ULL),
         card.value("virtual_memory", true), read_properties(card.value("properties", "share/gpus/h100.json"))});
  const auto answers = json.value("answers", nlohmann::json::object());
  for (const auto& [symbol, refusal] : answers.items())
    script.answers[symbol] = {refusal.value("after", int64_t{0}), refusal.at("answer")};
  script.libraries = json.value("libraries", script.libraries);
  return script;
}

const Card* named(const std::string& entry) {
  const std::vector<Card>& cards = script().cards;
  if (entry.starts_with("GPU-") || entry.starts_with("MIG-")) {
    for (const Card& card : cards)
      if (card.uuid.starts_with(entry)) return &card;
    return nullptr;
  }
  std::size_t number = 0;
  const auto [end, failure] = std::from_chars(entry.data(), entry.data() + entry.size(), number);
  const bool is_number = failure == std::errc() && end == entry.data() + entry.size();
  return is_number && number < cards.size() ? &cards[number] : nullptr;
}

}  // namespace

const Script& script() {
  static std::mutex mutex;
  static auto* scripts = new std::map<std::string, Script>;  // a test may change the machine
  const char* path = std::getenv("CORNU_VIRTUAL_GPU");
  const std::lock_guard lock(mutex);
  const auto [at, is_new] = scripts->try_emplace(path ? path : "");
  if (is_new) at->second = read(at->first);
  return at->second;
}

std::vector<const Card*> visible_cards() {
  std::vector<const Card*> cards;
  const char* list = std::getenv("CUDA_VISIBLE_DEVICES");
  if (!list) {
    for (const Card& card : script().cards) cards.push_back(&card);
    return cards;
  }
  std::istringstream text(list);
  for (std::string entry; std::getline(text, entry, ',');) {
    const Card* card = named(entry);
    if (!card) break;
    cards.push_back(card);
  }
  return cards;
}

unsigned enter(const char* symbol) {
  const Script& script = virtual_gpu::script();
  if (!script.record.empty()) {
    const std::string line = std::string(symbol) + "\n";  // one write: threads and processes share the file
    const int file = ::open(script.record.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (file >= 0 && ::write(file, line.data(), line.size()) < 0) std::abort();
    ::close(file);
  }
  if (!script.abort.empty() && script.abort == symbol) std::abort();
  while (!script.hang.empty() && script.hang == symbol) ::pause();
  if (script.answers.empty()) return 0;
  const auto refusal = script.answers.find(symbol);
  if (refusal == script.answers.end()) return 0;
  static std::mutex mutex;
  static std::map<std::string, int64_t> calls;
  const std::lock_guard lock(mutex);
  return calls[symbol]++ < refusal->second.after ? 0 : refusal->second.answer;
}

void violation(const std::string& text) {
  std::fprintf(stderr, "virtual GPU: %s\n", text.c_str());
  std::abort();
}

}  // namespace virtual_gpu

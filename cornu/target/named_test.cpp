#include "cornu/target/named.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cornu/base/errors.h"
#include "tests/expect_error.h"
#include "tests/temporary_folder.h"

namespace cornu::target {
namespace {

TEST(NamedCard, EveryFileIsACard) {
  EXPECT_EQ(card_names(), (std::vector<std::string>{"a100", "b200", "h100", "h200", "rtx4090", "rtx5090", "t4"}));
  for (const std::string& name : card_names()) {
    const Target card = named_card(name);
    EXPECT_EQ(card.name, name);
    EXPECT_EQ(card.kind, TargetKind::cuda);
    EXPECT_GT(card.cuda.peak_memory_gb_s, 0) << name;
    EXPECT_GE(card.cuda.compute_capability, 750) << name;
  }
  EXPECT_EQ(named_card("H100").cuda.multiprocessors, 132);
}

TEST(NamedCard, AnUnknownOneGetsTheList) {
  expect_error<ValueError>([] { named_card("h10"); },
                           "There is no card 'h10'. Did you mean h100? Known: a100, b200, h100, h200, rtx4090, rtx5090, t4.");
}

// Whatever is wrong in a file is an error with its name.
TEST(NamedCard, ABrokenFileIsNamed) {
  TemporaryFolder folder;
  std::ifstream file(std::string(CORNU_SOURCE_DIR) + "/share/gpus/t4.json");
  const std::string whole{std::istreambuf_iterator<char>(file), {}};
  for (std::size_t end = 0; end < whole.rfind('}'); end += 7) {
    std::ofstream(folder / "card.json") << whole.substr(0, end);
    expect_error<ValueError>([&] { read_card(folder / "card.json"); }, "card.json");
  }
  EXPECT_THROW(read_card(folder / "absent.json"), FileError);
}

// Each property that is read, missing or of a value that no card has.
TEST(NamedCard, ABadPropertyIsNamed) {
  using nlohmann::json;
  std::ifstream file(std::string(CORNU_SOURCE_DIR) + "/share/gpus/h100.json");
  const json whole = json::parse(file);
  const std::vector<json> bad = {
      nullptr, true, -1, 1.5, int64_t{1} << 62, (uint64_t{1} << 32) + 900, ~uint64_t{0}, "900", json::array(), json::object()};
  constexpr const char* kUnread[] = {"pciDeviceId", "isTccDriver", "supportCoopLaunch", "cudaDeviceId", "driverVer"};
  for (const auto& [key, value] : whole["properties"].items()) {
    if (std::ranges::find(kUnread, key) != std::end(kUnread)) continue;
    json missing = whole;
    missing["properties"].erase(key);
    expect_error<ValueError>([&] { Target::from_json(missing.dump()); }, "'" + key + "'; it is missing");
    for (const json& one : bad) {
      const bool is_text = value.is_string() && one.is_string();
      const bool is_memory = key == "totalGlobalMem" && one == bad[5];  // the only one that needs more than 32 bits
      if (is_text || is_memory) continue;
      json changed = whole;
      changed["properties"][key] = one;
      expect_error<ValueError>([&] { Target::from_json(changed.dump()); }, "'" + key + "'");
    }
  }
  for (const char* key : {"properties", "peak"}) {
    json changed = whole;
    changed[key] = json::array({1});
    EXPECT_THROW(Target::from_json(changed.dump()), ValueError) << key;
  }
}

}  // namespace
}  // namespace cornu::target

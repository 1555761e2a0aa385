// docs/coverage.md: every public name of Keras, whether it is here, and the test that shows it. The file is generated: run this test
// with CORNU_UPDATE=1 after adding a name. What is here and no test shows, or a layer, loss, metric, ... without a golden case, fails.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "cornu/keras/public_symbols.h"
#include "tests/golden_file.h"

namespace cornu::keras {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = CORNU_SOURCE_DIR;

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// An object of Keras, under its first name.
struct Symbol {
  std::string kind;  // class, function
  std::vector<std::string> names;
  std::string module() const { return names[0].substr(0, names[0].rfind('.')); }
};

std::string last_part(const std::string& name) { return name.substr(name.rfind('.') + 1); }

std::vector<Symbol> symbols_of_keras() {
  std::vector<Symbol> out;
  std::istringstream lines(text_of(kRoot / "tests/data/python_names.txt"));
  for (std::string line; std::getline(lines, line);) {
    if (line.compare(0, 6, "keras.") != 0) continue;
    std::istringstream words(line);
    Symbol symbol;
    std::string name;
    words >> name >> symbol.kind;
    do symbol.names.push_back(name);
    while (words >> name);
    out.push_back(std::move(symbol));
  }
  return out;
}

// Which golden file has the cases of a module's names, and how a case says whose it is.
struct GoldenGroup {
  const char* module;
  const char* files;  // a folder's, or one
  const char* key;
};
const GoldenGroup kGroups[] = {
    {"keras.layers", "layers/layers.npz", "class_name"},
    {"keras.activations", "layers/activations.npz", "name"},
    {"keras.initializers", "layers/initializers.npz", "class_name"},
    {"keras.regularizers", "layers/regularizers.npz", "class_name"},
    {"keras.constraints", "layers/constraints.npz", "class_name"},
    {"keras.losses", "layers/losses.npz", "class_name"},
    {"keras.metrics", "layers/metrics.npz", "class_name"},
    {"keras.optimizers", "layers/optimizers.npz", "class_name"},
    {"keras.optimizers.schedules", "layers/optimizers.npz", "class_name"},
    {"keras.ops", "ops", "op"},
};
// Classes that a golden file cannot show, and why.
const std::set<std::string> kWithoutGolden{
    "keras.constraints.Constraint",  // a base
    "keras.layers.InputLayer",       // computes nothing; golden architectures have it in models
};

class Evidence {
 public:
  Evidence() {
    for (const GoldenGroup& group : kGroups) {
      const fs::path path = golden_path(group.files);
      if (fs::is_directory(path))
        for (const auto& entry : fs::directory_iterator(path)) count(group, entry.path());
      else count(group, path);
    }
    for (const char* folder : {"tests", "cornu/keras", "cornu/ops", "examples"})
      for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
        const std::string name = fs::relative(entry.path(), kRoot).string();
        const bool is_test = name.find("_test.cpp") != name.npos || name.find("tests/cli/") == 0 || name.find("examples/") == 0;
        if (entry.is_regular_file() && is_test && name != "tests/coverage_test.cpp") tests_[name] = words_of(entry.path());
      }
  }
  // The golden cases of a symbol: "12 in layers/layers.npz".
  std::string golden(const Symbol& symbol) const {
    for (const std::string& name : symbol.names)
      if (const auto found = cases_.find(name); found != cases_.end()) return found->second.text();
    return {};
  }
  // The first test whose text has the name as a word.
  std::string test(const Symbol& symbol) const {
    for (const std::string& name : symbol.names)
      for (const auto& [file, words] : tests_)
        if (words.contains(last_part(name))) return file;
    return {};
  }

 private:
  struct Cases {
    int number = 0;
    std::string file;
    std::string text() const { return std::to_string(number) + (number == 1 ? " case of " : " cases of ") + file; }
  };
  void count(const GoldenGroup& group, const fs::path& path) {
    if (path.extension() != ".npz" || !fs::exists(path)) return;
    const std::string file = fs::relative(path, golden_path("")).string();
    const GoldenFile golden(file);
    for (const Json& test : golden.cases()) {
      if (!test.contains(group.key)) continue;
      std::string who = test[group.key];
      who = who.substr(0, who.find_first_of("/,("));
      Cases& cases = cases_[std::string(group.module) + "." + who];
      ++cases.number;
      cases.file = file;
    }
  }
  static std::set<std::string> words_of(const fs::path& path) {
    std::set<std::string> out;
    std::string word;
    for (char c : text_of(path) + " ") {
      if (std::isalnum(static_cast<unsigned char>(c)) || c == '_') word += c;
      else out.insert(std::exchange(word, ""));
    }
    return out;
  }
  std::map<std::string, Cases> cases_;
  std::map<std::string, std::set<std::string>> tests_;
};

bool is_of_golden_module(const Symbol& symbol) {
  return std::any_of(std::begin(kGroups), std::end(kGroups), [&](const GoldenGroup& g) { return symbol.module() == g.module; });
}

struct CoveragePage {
  std::string text;
  std::vector<std::string> unshown, without_golden;
};

// The page, and what fails.
CoveragePage coverage() {
  const auto here = public_symbols();
  const Evidence evidence;
  std::map<std::string, std::vector<Symbol>> modules;
  for (Symbol& symbol : symbols_of_keras()) modules[symbol.module()].push_back(std::move(symbol));
  CoveragePage out;
  std::string summary, details;
  int all = 0, present = 0;
  for (const auto& [module, symbols] : modules) {
    std::string rows, missing;
    int of_module = 0;
    for (const Symbol& symbol : symbols) {
      const bool is_here = std::any_of(symbol.names.begin(), symbol.names.end(), [&](const auto& n) { return here.contains(n); });
      if (!is_here) {
        missing += (missing.empty() ? "" : ", ") + last_part(symbol.names[0]);
        continue;
      }
      ++of_module;
      const std::string golden = evidence.golden(symbol), shown = golden.empty() ? evidence.test(symbol) : golden;
      if (shown.empty()) out.unshown.push_back(symbol.names[0]);
      if (golden.empty() && symbol.kind == "class" && is_of_golden_module(symbol) && !kWithoutGolden.contains(symbol.names[0]))
        out.without_golden.push_back(symbol.names[0]);
      rows += "| `" + symbol.names[0] + "` | " + shown + " |\n";
    }
    all += int(symbols.size()), present += of_module;
    summary += fmt::format("| {} | {} | {} |\n", module, of_module, symbols.size());
    details += fmt::format("\n## {}\n", module);
    if (!rows.empty()) details += "| here | shown by |\n| --- | --- |\n" + rows;
    if (!missing.empty()) details += "\nNot here yet: " + missing + ".\n";
  }
  out.text = fmt::format(
      "# What of Keras is here\n\nGenerated by tests/coverage_test.cpp (CORNU_UPDATE=1). Of the {} public objects of Keras 3.16 "
      "(other "
      "names of the same object are not counted again) {} are here: {:.0f}%.\n\"12 cases of layers/layers.npz\" are what real "
      "Keras "
      "computed, under tests/data/golden.\n\n| module | here | of |\n| --- | --- | --- |\n{}{}",
      all, present, 100.0 * present / all, summary, details);
  return out;
}

TEST(Coverage, IsWhatThePageSays) {
  const fs::path page = kRoot / "docs/coverage.md";
  const CoveragePage found = coverage();
  if (std::getenv("CORNU_UPDATE")) std::ofstream(page) << found.text;
  EXPECT_EQ(text_of(page) == found.text, true) << "docs/coverage.md is not up to date: run this test with CORNU_UPDATE=1.";
  EXPECT_TRUE(found.unshown.empty()) << "No test names " << fmt::format("{}", fmt::join(found.unshown, ", "));
  EXPECT_TRUE(found.without_golden.empty()) << "No golden case of " << fmt::format("{}", fmt::join(found.without_golden, ", "));
}

}  // namespace
}  // namespace cornu::keras

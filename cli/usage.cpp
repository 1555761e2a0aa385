#include "cli/usage.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <vector>

namespace cornu::cli {
namespace {

// How many letters must be put in, taken out or replaced to make one word of the other (Levenshtein).
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j)
      diagonal = std::exchange(row[j + 1], std::min({row[j] + 1, row[j + 1] + 1, diagonal + (a[i] != b[j])}));
  }
  return row.back();
}

std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
  const auto nearest =
      std::min_element(known.begin(), known.end(), [&](auto& a, auto& b) { return distance(word, a) < distance(word, b); });
  if (nearest == known.end() || distance(word, *nearest) > std::max<std::size_t>(2, word.size() / 3)) return "";
  return fmt::format(" Did you mean {}?", *nearest);
}

std::vector<std::string> verbs_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* verb : app.get_subcommands(std::function<bool(const CLI::App*)>())) names.push_back(verb->get_name());
  return names;
}

std::vector<std::string> flags_of(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const auto* option : verb.get_options())
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

// "`cornu train` knows no --epoch. ..."; empty when every argument is known.
std::string unknown_argument(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  if (chosen.empty()) {
    const auto unknown = app.remaining(), verbs = verbs_of(app);
    if (unknown.empty()) return "";
    return fmt::format("`cornu` knows no '{}'.{} It knows: {}.", unknown[0], suggestion(unknown[0], verbs),
                       fmt::join(verbs, ", "));
  }
  auto unknown = chosen[0]->remaining();
  std::stable_partition(unknown.begin(), unknown.end(), [](const std::string& argument) { return argument.starts_with("-"); });
  if (unknown.empty()) return "";
  const std::string flag = unknown[0].substr(0, unknown[0].find('='));
  return fmt::format("`cornu {0}` knows no '{1}'.{2} `cornu {0} --help` lists what it knows.", chosen[0]->get_name(), flag,
                     suggestion(flag, flags_of(*chosen[0])));
}

// The help of the chosen verb, else of the program.
std::string help_of(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? "`cornu --help`" : fmt::format("`cornu {} --help`", chosen[0]->get_name());
}

}  // namespace

CLI::Validator at_least_one() {
  return {[](const std::string& text) -> std::string {
            int64_t number = 0;
            const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
            if (failure == std::errc() && end == text.data() + text.size() && number >= 1) return "";
            return fmt::format("expected a whole number of at least 1. Received: {}", text);
          },
          "AT LEAST 1"};
}

void parse(CLI::App& app, int argc, char** argv) {
  // What CLI11 says of unknown arguments is less than can be said: it lets them pass, and they are looked at here.
  app.allow_extras();
  for (auto* verb : app.get_subcommands(std::function<bool(CLI::App*)>())) verb->allow_extras();
  std::string wrong;
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success&) {
    throw;
  } catch (const CLI::ParseError& e) {
    wrong = e.what();
  }
  if (const std::string unknown = unknown_argument(app); !unknown.empty()) throw UsageError(unknown);
  if (app.get_subcommands().empty())
    throw UsageError(fmt::format("a verb is missing: one of {}. See `cornu --help`.", fmt::join(verbs_of(app), ", ")));
  if (!wrong.empty()) throw UsageError(fmt::format("{}{} See {}.", wrong, wrong.ends_with(".") ? "" : ".", help_of(app)));
}

}  // namespace cornu::cli

#include "cli/usage.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "cornu/base/suggest.h"

namespace cornu::cli {
namespace {

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

// The innermost verb that was chosen: `install` of `cornu cuda install`.
const CLI::App& chosen_verb(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : chosen_verb(*chosen[0]);
}

// "cornu cuda install".
std::string command_of(const CLI::App& verb) {
  return verb.get_parent() ? command_of(*verb.get_parent()) + " " + verb.get_name() : verb.get_name();
}

// "`cornu train` knows no --epoch. ..."; empty when every argument is known.
std::string unknown_argument(const CLI::App& verb) {
  const std::string command = command_of(verb);
  auto unknown = verb.remaining();
  if (unknown.empty()) return "";
  if (const auto verbs = verbs_of(verb); !verbs.empty())
    return fmt::format("`{}` knows no '{}'.{} It knows: {}.", command, unknown[0], suggestion(unknown[0], verbs),
                       fmt::join(verbs, ", "));
  std::stable_partition(unknown.begin(), unknown.end(), [](const std::string& argument) { return argument.starts_with("-"); });
  const std::string flag = unknown[0].substr(0, unknown[0].find('='));
  return fmt::format("`{0}` knows no '{1}'.{2} `{0} --help` lists what it knows.", command, flag,
                     suggestion(flag, flags_of(verb)));
}

void allow_extras(CLI::App& app) {
  app.allow_extras();
  for (auto* verb : app.get_subcommands(std::function<bool(CLI::App*)>())) allow_extras(*verb);
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
  allow_extras(app);
  std::string wrong;
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success&) {
    throw;
  } catch (const CLI::ParseError& e) {
    wrong = e.what();
  }
  const CLI::App& verb = chosen_verb(app);
  const std::string command = command_of(verb);
  if (const std::string unknown = unknown_argument(verb); !unknown.empty()) throw UsageError(unknown);
  if (const auto verbs = verbs_of(verb); !verbs.empty())
    throw UsageError(fmt::format("a verb is missing: one of {}. See `{} --help`.", fmt::join(verbs, ", "), command));
  if (!wrong.empty()) throw UsageError(fmt::format("{}{} See `{} --help`.", wrong, wrong.ends_with(".") ? "" : ".", command));
}

}  // namespace cornu::cli

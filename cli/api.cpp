#include <iostream>

#include "cli/command.h"
#include "cornu/keras/public_symbols.h"

namespace cornu::cli {
namespace {

int api() {
  for (const auto& symbol : keras::public_symbols()) std::cout << symbol << '\n';
  return 0;
}

}  // namespace

void add_api(CLI::App& app, Run& run) {
  auto* verb = app.add_subcommand("api", "Every symbol of Keras and tf.config implemented, one a line");
  verb->callback([&run] { run = api; });
}

}  // namespace cornu::cli

#include <iostream>
#include <set>

#include "cli/command.h"
#include "cornu/base/python_names.h"
#include "cornu/keras/activations/activations.h"
#include "cornu/keras/callbacks/callbacks.h"
#include "cornu/keras/constraints/constraints.h"
#include "cornu/keras/initializers/initializers.h"
#include "cornu/keras/layers/registry.h"
#include "cornu/keras/losses/losses.h"
#include "cornu/keras/metrics/metrics.h"
#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/optimizers/registry.h"
#include "cornu/keras/regularizers/regularizers.h"

namespace cornu::cli {
namespace {

template <class Rows>
void add(std::set<std::string>& symbols, const std::string& module, const Rows& rows) {
  for (const auto& row : rows) symbols.insert(module + "." + row.class_name);
}

int api() {
  std::set<std::string> symbols(python_names().begin(), python_names().end());
  add(symbols, "keras.layers", keras::layers::registry());
  add(symbols, "keras.losses", keras::losses::registry());
  add(symbols, "keras.metrics", keras::metrics::registry());
  add(symbols, "keras.optimizers", keras::optimizers::registry());
  add(symbols, "keras.optimizers.schedules", keras::optimizers::schedule_registry());
  add(symbols, "keras.initializers", keras::initializers::registry());
  add(symbols, "keras.regularizers", keras::regularizers::registry());
  add(symbols, "keras.constraints", keras::constraints::registry());
  add(symbols, "keras.callbacks", keras::callbacks::registry());
  for (const auto& row : keras::activations::registry()) symbols.insert(std::string("keras.activations.") + row.names[0]);
  for (const auto* function : keras::ops::all_functions())
    for (const auto& symbol : function->symbols()) symbols.insert(symbol);
  for (const auto& symbol : symbols) std::cout << symbol << '\n';
  return 0;
}

}  // namespace

void add_api(CLI::App& app, Run& run) {
  auto* verb = app.add_subcommand("api", "Every symbol of Keras and tf.config implemented, one a line");
  verb->callback([&run] { run = api; });
}

}  // namespace cornu::cli

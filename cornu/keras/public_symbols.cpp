#include "cornu/keras/public_symbols.h"

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

namespace cornu::keras {
namespace {

template <class Rows>
void add(std::set<std::string>& symbols, const std::string& module, const Rows& rows) {
  for (const auto& row : rows) symbols.insert(module + "." + row.class_name);
}

}  // namespace

std::set<std::string> public_symbols() {
  std::set<std::string> symbols(python_names().begin(), python_names().end());
  for (const auto& row : layers::registry())
    if (row.is_public) symbols.insert(std::string("keras.layers.") + row.class_name);
  add(symbols, "keras.losses", losses::registry());
  add(symbols, "keras.metrics", metrics::registry());
  add(symbols, "keras.optimizers", optimizers::registry());
  add(symbols, "keras.optimizers.schedules", optimizers::schedule_registry());
  add(symbols, "keras.initializers", initializers::registry());
  add(symbols, "keras.regularizers", regularizers::registry());
  add(symbols, "keras.constraints", constraints::registry());
  add(symbols, "keras.callbacks", callbacks::registry());
  for (const auto& row : activations::registry()) symbols.insert(std::string("keras.activations.") + row.names[0]);
  for (const auto* function : ops::all_functions())
    for (const auto& symbol : function->symbols()) symbols.insert(symbol);
  return symbols;
}

}  // namespace cornu::keras

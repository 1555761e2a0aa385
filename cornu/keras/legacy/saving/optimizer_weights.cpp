#include "cornu/keras/legacy/saving/optimizer_weights.h"

#include <algorithm>
#include <map>
#include <optional>

#include "cornu/base/log.h"
#include "cornu/keras/legacy/saving/h5_lists.h"
#include "cornu/keras/saving/weights_file.h"

namespace cornu::keras::legacy {
namespace {

// A slot of Keras 2's optimizers, those from before 2.11 included, and the ending of its variables' names today.
struct SlotName {
  std::string_view then, now;
};
constexpr SlotName kSlots[] = {
    {"m", "momentum"},
    {"v", "velocity"},
    {"vhat", "velocity_hat"},
    {"u", "norm"},
    {"momentum", "momentum"},
    {"velocity", "velocity"},
    {"rms", "velocity"},
    {"mg", "average_gradient"},
    {"average_gradient", "average_gradient"},
    {"accumulator", "accumulator"},
    {"linear", "linear"},
    {"accum_grad", "accumulated_grad"},
    {"accumulated_grad", "accumulated_grad"},
    {"accum_var", "accumulated_delta_var"},
    {"accumulated_delta_var", "accumulated_delta_var"},
    {"average", "average"},
    {"iter", "iteration"},
    {"iteration", "iteration"},
    {"learning_rate", "learning_rate"},
    {"current_learning_rate", "learning_rate"},
};

std::optional<std::string> slot_today(std::string_view then) {
  for (const auto& slot : kSlots)
    if (slot.then == then) return std::string(slot.now);
  return std::nullopt;
}

// "iteration:0", "Adam/m/dense/kernel:0" since 2.11; "Adam/iter:0", "training/Adam/dense/kernel/m:0" before.
std::optional<std::string> slot_of(std::string_view name) {
  name = name.substr(0, name.find(':'));
  const std::size_t last = name.rfind('/');
  if (last == name.npos) return slot_today(name);
  if (auto slot = slot_today(name.substr(last + 1))) return slot;
  const std::size_t first = name.find('/') + 1;
  return slot_today(name.substr(first, name.find('/', first) - first));
}

using Pairs = std::vector<std::pair<Variable, io::Hdf5Dataset>>;

// The variables of one slot stand in the order of the weights, then as now. A slot that today's optimizer does not have (the momentum
// of an SGD without one) is left.
std::optional<Pairs> pairs_by_slot(const std::vector<Variable>& variables, const io::Hdf5Group& weights) {
  std::map<std::string, std::vector<io::Hdf5Dataset>> saved;
  for (const std::string& name : names_at(weights, "weight_names"))
    if (const auto slot = slot_of(name)) saved[*slot].push_back(weights.dataset(name));
  Pairs out;
  std::map<std::string, std::size_t> used;
  for (const Variable& variable : variables) {
    const auto slot = std::find_if(saved.begin(), saved.end(), [&](const auto& entry) {
      return variable.name() == entry.first || variable.name().ends_with("_" + entry.first);
    });
    if (slot == saved.end() && variable.name() == "learning_rate") continue;  // the config has it
    if (slot == saved.end() || used[slot->first] == slot->second.size()) return std::nullopt;
    out.emplace_back(variable, slot->second[used[slot->first]++]);
  }
  for (const auto& [slot, count] : used)
    if (count != saved[slot].size()) return std::nullopt;
  return out;
}

std::optional<Pairs> pairs_in_order(const std::vector<Variable>& variables, const io::Hdf5Group& weights) {
  const auto saved = weights_in(weights);
  if (saved.size() != variables.size()) return std::nullopt;
  Pairs out;
  for (std::size_t i = 0; i < saved.size(); ++i) out.emplace_back(variables[i], saved[i]);
  return out;
}

bool shapes_fit(const Pairs& pairs) {
  return std::all_of(pairs.begin(), pairs.end(), [](const auto& pair) { return pair.first.shape() == pair.second.shape(); });
}

}  // namespace

void load_optimizer_weights(const Model& model, const io::Hdf5Group& weights, bool by_slot) {
  const Optimizer optimizer = model.optimizer();
  optimizer->build(model.trainable_weights());
  const auto variables = optimizer->own_variables();
  const auto pairs = by_slot ? pairs_by_slot(variables, weights) : pairs_in_order(variables, weights);
  if (pairs && shapes_fit(*pairs)) return assign_all(*pairs);
  log::warn_once(
      "Error in loading the saved optimizer state of '{}'. As a result, your model is starting with a freshly initialized "
      "optimizer.",
      optimizer->name());
}

}  // namespace cornu::keras::legacy

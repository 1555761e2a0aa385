#include "cornu/keras/trainers/compile_utils.h"

#include <algorithm>
#include <map>

#include "cornu/keras/metrics/metrics.h"
#include "cornu/keras/metrics/reduction_metrics.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/trainers/data_adapters/batch_source.h"

namespace cornu::keras {
namespace {

// The leaves of a nest in the order of the outputs.
std::vector<Tensor> leaves_in_order(const TensorNest& nest, const std::vector<std::string>& names) {
  if (nest.is_dict() && nest.dict().size() == names.size()) {
    std::vector<Tensor> out;
    for (const auto& name : names) out.push_back(nest[name].leaf());
    return out;
  }
  return nest.flatten();
}

}  // namespace

OutputLeaves output_leaves(const TensorNest& y_true, const TensorNest& y_pred, const std::optional<TensorNest>& sample_weight,
                           const std::vector<std::string>& output_names) {
  OutputLeaves out;
  out.y_pred = y_pred.flatten();
  if (y_pred.is_dict() && y_pred.dict().size() == out.y_pred.size()) {
    for (const auto& [key, value] : y_pred.dict()) out.names.push_back(key);
    std::sort(out.names.begin(), out.names.end());
  } else if (output_names.size() == out.y_pred.size()) {
    out.names = output_names;
  }
  out.y_true = leaves_in_order(y_true, out.names);
  if (out.y_true.size() != out.y_pred.size())
    throw error<ValueError>("y_true and y_pred have different structures.\ny_true: {}\ny_pred: {}", structure_text(y_true),
                            structure_text(y_pred));
  if (sample_weight) out.sample_weight = leaves_in_order(*sample_weight, out.names);
  if (out.sample_weight.size() > 1 && out.sample_weight.size() != out.y_pred.size())
    throw error<ValueError>("`sample_weight` must be one array, or one an output. Received: {} arrays for {} outputs",
                            out.sample_weight.size(), out.y_pred.size());
  return out;
}

namespace {

// What was given for each output (keras/src/trainers/compile_utils.py): one for all, a list by position, a dict by name. All of a list
// goes to an only output. ValueError names a key that is no output.
template <class T>
std::vector<Nest<T>> for_outputs(const Nest<T>& given, const OutputLeaves& outputs, const char* argument) {
  const std::size_t count = outputs.y_pred.size();
  if (given.is_dict()) {
    std::vector<Nest<T>> out(count);
    for (const auto& [key, value] : given.dict()) {
      const auto found = std::find(outputs.names.begin(), outputs.names.end(), key);
      if (found == outputs.names.end())
        throw error<ValueError>("`{}` has the key '{}', which is no output of the model. The outputs are: {}", argument, key,
                                fmt::join(outputs.names, ", "));
      out[found - outputs.names.begin()] = value;
    }
    return out;
  }
  if (!given.is_list() || count == 1) return std::vector<Nest<T>>(count, given);
  if (!given.list().empty() && given.list().size() != count)
    throw error<ValueError>(
        "`{}` must be one for all outputs, a list of one an output, or a dict by the outputs' names. Received: a list "
        "of {} for {} outputs",
        argument, given.list().size(), count);
  return given.list().empty() ? std::vector<Nest<T>>(count) : given.list();
}

struct WeightedLoss {
  Loss loss;
  std::optional<double> weight;
};
// Each loss with its weight: by name where both are dicts, else in order. ValueError: not as many weights as losses.
Nest<WeightedLoss> with_weights(const PerOutput<Loss>& losses, const PerOutput<double>& weights) {
  if (!weights.given()) return losses.map([](const Loss& loss) { return WeightedLoss{loss, {}}; });
  const std::size_t count = losses.count();
  if (weights.count() != count)
    throw error<ValueError>("`loss_weights` must match the number of losses, got {} losses and {} weights.", count,
                            weights.count());
  std::vector<double> each = weights.flatten();  // two dicts of the same keys flatten alike
  if (losses.is_dict() && weights.is_dict())
    for (const auto& [name, loss] : losses.dict()) weights[name];  // an unknown name is an error
  std::size_t next = 0;
  return losses.map([&](const Loss& loss) { return WeightedLoss{loss, each[next++]}; });
}

}  // namespace

// --- losses ---

CompileLoss::CompileLoss(PerOutput<Loss> loss, PerOutput<double> weights, std::vector<std::string> output_names)
    : given_(std::move(loss)), weights_(std::move(weights)), output_names_(std::move(output_names)) {}

void CompileLoss::build(const OutputLeaves& outputs) {
  const auto losses = for_outputs(with_weights(given_, weights_), outputs, "loss");
  std::vector<std::string> names;
  for (std::size_t i = 0; i < losses.size(); ++i)
    losses[i].visit([&](const WeightedLoss& one) {
      if (!one.loss) return;
      entries_.push_back({i, one.loss, one.weight});
      names.push_back(outputs.names.empty() ? one.loss->name() : outputs.names[i]);
    });
  if (entries_.size() > 1)
    for (const auto& name : names) trackers_.push_back(metrics::Mean({.name = name + "_loss"}));
}

Tensor CompileLoss::operator()(const TensorNest& y_true, const TensorNest& y_pred,
                               const std::optional<TensorNest>& sample_weight) {
  const auto outputs = output_leaves(y_true, y_pred, sample_weight, output_names_);
  if (entries_.empty()) build(outputs);
  Tensor total;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    Tensor weight;
    if (!outputs.sample_weight.empty()) weight = outputs.sample_weight[outputs.sample_weight.size() > 1 ? entry.output : 0];
    const Tensor& predicted = outputs.y_pred[entry.output];
    Tensor value = entry.loss(outputs.y_true[entry.output], predicted, weight);
    if (!trackers_.empty()) trackers_[i]->update_state({}, value, static_cast<double>(predicted.shape()[0]));
    if (entry.weight) value = value * *entry.weight;
    total = total.exists() ? total + value : value;
  }
  return total;
}

// --- metrics ---

namespace {

// "accuracy" by the shapes of targets and predictions.
Metric resolved(const Metric& given, const Tensor& y_true, const Tensor& y_pred) {
  if (given.impl()) return given;
  const std::string& name = given.identifier();
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(), ::tolower);
  if (lower != "accuracy" && lower != "acc") return metrics::get(name);
  const int64_t of_true = y_true.rank() ? y_true.shape()[-1] : 1, of_pred = y_pred.rank() ? y_pred.shape()[-1] : 1;
  if (of_pred == 1) return metrics::BinaryAccuracy({.name = name});
  if (y_true.rank() < y_pred.rank() || (of_true == 1 && of_pred > 1)) return metrics::SparseCategoricalAccuracy({.name = name});
  return metrics::CategoricalAccuracy({.name = name});
}

}  // namespace

CompileMetrics::CompileMetrics(PerOutput<Metric> metrics, PerOutput<Metric> weighted, std::vector<std::string> output_names)
    : metrics_(std::move(metrics)), weighted_(std::move(weighted)), output_names_(std::move(output_names)) {}

void CompileMetrics::add(const PerOutput<Metric>& given, const OutputLeaves& outputs, bool weighted) {
  if (!given.given()) return;
  const auto each = for_outputs<Metric>(given, outputs, weighted ? "weighted_metrics" : "metrics");
  const bool several = outputs.y_pred.size() > 1;
  auto taken = [&](const std::string& name) {
    return std::any_of(named_.begin(), named_.end(), [&](const auto& entry) { return entry.first == name; });
  };
  for (std::size_t i = 0; i < each.size(); ++i)
    each[i].visit([&](const Metric& one) {
      const Metric metric = resolved(one, outputs.y_true[i], outputs.y_pred[i]);
      const std::string prefix = several && !outputs.names.empty() ? outputs.names[i] + "_" : "";
      std::string name = prefix + metric->name();
      if (weighted && taken(name)) name = prefix + "weighted_" + metric->name();
      const std::string base = name;
      for (int index = 1; taken(name); ++index) name = base + "_" + std::to_string(index);
      entries_.push_back({i, metric, weighted});
      named_.emplace_back(name, metric);
    });
}

void CompileMetrics::build(const OutputLeaves& outputs) {
  try {
    add(metrics_, outputs, false);
    add(weighted_, outputs, true);
  } catch (...) {  // the next update builds again
    entries_.clear();
    named_.clear();
    throw;
  }
}

void CompileMetrics::update_state(const TensorNest& y_true, const TensorNest& y_pred,
                                  const std::optional<TensorNest>& sample_weight) {
  const auto outputs = output_leaves(y_true, y_pred, sample_weight, output_names_);
  if (entries_.empty()) build(outputs);
  for (const Entry& entry : entries_) {
    Tensor weight;
    if (entry.weighted && !outputs.sample_weight.empty())
      weight = outputs.sample_weight[outputs.sample_weight.size() > 1 ? entry.output : 0];
    entry.metric->update_state(outputs.y_true[entry.output], outputs.y_pred[entry.output], weight);
  }
}

}  // namespace cornu::keras

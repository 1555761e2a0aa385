#pragma once

#include "cornu/keras/models/model.h"

namespace cornu::keras {

// Targets, predictions and weights of the outputs, one a leaf, in the order of the model's outputs.
struct OutputLeaves {
  std::vector<Tensor> y_true, y_pred, sample_weight;  // weights: empty, one for all, or one an output
  std::vector<std::string> names;                     // of the outputs; empty where the model has none
};
// Targets may be given as the outputs are, flat, or as a dict by output names. ValueError tells both structures.
OutputLeaves output_leaves(const TensorNest& y_true, const TensorNest& y_pred, const std::optional<TensorNest>& sample_weight,
                           const std::vector<std::string>& output_names);

// The compiled losses of a model: one an output, weighted and summed; keeps a running mean of each where there are several.
class CompileLoss {
 public:
  CompileLoss(PerOutput<Loss> loss, PerOutput<double> weights, std::vector<std::string> output_names);
  // The weighted sum. Updates the running means.
  Tensor operator()(const TensorNest& y_true, const TensorNest& y_pred, const std::optional<TensorNest>& sample_weight);
  const std::vector<Metric>& metrics() const { return trackers_; }  // "NAME_loss", only with several losses

 private:
  struct Entry {
    std::size_t output;
    Loss loss;
    std::optional<double> weight;
  };
  void build(const OutputLeaves& outputs);

  PerOutput<Loss> given_;
  PerOutput<double> weights_;
  std::vector<std::string> output_names_;
  std::vector<Entry> entries_;
  std::vector<Metric> trackers_;
};

// The compiled metrics, resolved when outputs and targets are known: "accuracy" becomes binary, categorical or sparse by
// their shapes.
class CompileMetrics {
 public:
  CompileMetrics(PerOutput<Metric> metrics, PerOutput<Metric> weighted, std::vector<std::string> output_names);
  void update_state(const TensorNest& y_true, const TensorNest& y_pred, const std::optional<TensorNest>& sample_weight);
  // In Keras's order, under the names that logs carry; empty before the first update.
  const std::vector<std::pair<std::string, Metric>>& named() const { return named_; }

 private:
  struct Entry {
    std::size_t output;
    Metric metric;
    bool weighted;
  };
  void build(const OutputLeaves& outputs);
  void add(const PerOutput<Metric>& given, const OutputLeaves& outputs, bool weighted);

  PerOutput<Metric> metrics_, weighted_;
  std::vector<std::string> output_names_;
  std::vector<Entry> entries_;
  std::vector<std::pair<std::string, Metric>> named_;
};

}  // namespace cornu::keras

#pragma once

#include "cornu/keras/models/model.h"

namespace cornu::keras {

// The compiled losses of a model: one an output, weighted and summed; keeps a running mean of each where there are several.
// Structures and error texts as keras/src/trainers/compile_utils.py.
class CompileLoss {
 public:
  // `output_names` of a functional model, empty otherwise.
  CompileLoss(PerOutput<Loss> loss, PerOutput<double> weights, std::vector<std::string> output_names);
  // The weighted sum, of targets and predictions of like structure; updates the running means.
  Tensor operator()(const TensorNest& y_true, const TensorNest& y_pred, const std::optional<TensorNest>& sample_weight);
  const std::vector<Metric>& metrics() const { return trackers_; }  // "NAME_loss", only with several outputs

 private:
  PerOutput<Loss> given_;
  PerOutput<double> weights_;
  std::vector<std::string> output_names_;
  std::vector<Metric> trackers_;
};

// The compiled metrics, resolved when outputs and targets are known: "accuracy" becomes binary, categorical or sparse by
// their shapes.
class CompileMetrics {
 public:
  CompileMetrics(PerOutput<Metric> metrics, PerOutput<Metric> weighted, std::vector<std::string> output_names);
  void build(const TensorNest& y_true, const TensorNest& y_pred);
  bool built() const { return built_; }
  void update_state(const TensorNest& y_true, const TensorNest& y_pred, const std::optional<TensorNest>& sample_weight);
  // Name and metric, in Keras's order; names carry the output's where there are several.
  const std::vector<std::pair<std::string, Metric>>& named() const { return named_; }

 private:
  struct Entry {
    Metric metric;
    std::size_t output;
    bool weighted;
  };
  PerOutput<Metric> metrics_, weighted_;
  std::vector<std::string> output_names_;
  std::vector<Entry> entries_;
  std::vector<std::pair<std::string, Metric>> named_;
  bool built_ = false;
};

}  // namespace cornu::keras

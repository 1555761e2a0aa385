#pragma once

#include <optional>

#include "cornu/keras/trainers/compile_utils.h"
#include "cornu/keras/trainers/data_adapters/batch_source.h"
#include "cornu/keras/trainers/step.h"

namespace cornu::keras {

// Training, evaluation and prediction of one model: what `compile` sets and the loops over batches and epochs.
class Trainer {
 public:
  explicit Trainer(ModelImpl& model);

  void compile(CompileArgs args);
  bool compiled() const { return args_.has_value(); }
  const CompileArgs& compile_args() const;  // RuntimeError before compile
  CompileLoss* compiled_loss() { return loss_ ? &*loss_ : nullptr; }
  CompileMetrics* compiled_metrics() { return metrics_ ? &*metrics_ : nullptr; }
  const Metric& loss_tracker() const { return loss_tracker_; }
  Optimizer optimizer() const { return args_ ? args_->optimizer : Optimizer(); }

  History fit(const Model& model, BatchSource& source, BatchSource* validation, const FitArgs& args);
  LogValues evaluate(const Model& model, BatchSource& source, const EvaluateArgs& args);
  TensorNest predict(const Model& model, BatchSource& source, const PredictArgs& args);
  LogValues run_batch(StepKind kind, const BatchStructure& batch);
  TensorNest predict_batch(const TensorNest& x);
  void reset_metrics();
  void stop_training(bool stop) { stop_ = stop; }

 private:
  void need_compile(const char* verb) const;
  // Runs a step; its logs go to log_values_.
  void run(StepCache::Step& step, const HostBatch& batch);
  LogValues logs_of(const StepCache::Step& step) const;
  LogValues run_epoch(StepKind kind, BatchSource& source, int64_t most_steps, class CallbackList& callbacks);

  ModelImpl& model_;
  std::optional<CompileArgs> args_;
  std::optional<CompileLoss> loss_;
  std::optional<CompileMetrics> metrics_;
  Metric loss_tracker_;
  StepCache steps_;
  std::vector<float> log_values_;
  std::vector<void*> log_addresses_;
  bool stop_ = false;
};

}  // namespace cornu::keras

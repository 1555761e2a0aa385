#pragma once

#include <optional>

#include "cornu/keras/trainers/compile_utils.h"
#include "cornu/keras/trainers/epoch_iterator.h"
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
  std::optional<TensorNest> call(const TensorNest& x,
                                 const std::function<TensorNest(const TensorNest&)>& f);  // see StepCache::call
  void reset_metrics();
  void stop_training(bool stop) { stop_ = stop; }
  const std::shared_ptr<BatchBuffers>& fit_buffers() const { return fit_buffers_; }

 private:
  void need_compile(const char* verb) const;
  // All epochs; gives the last one's logs.
  LogValues train(EpochIterator& epochs, EpochIterator* validation, const FitArgs& args, class CallbackList& callbacks,
                  History& history);
  LogValues evaluate(EpochIterator& epoch, class CallbackList& callbacks);
  // An epoch in executions of `steps_per_execution` batches, each one event of the callbacks; gives the number of batches.
  template <class RunBatch>
  int64_t run_epoch(StepKind kind, EpochIterator& epoch, class CallbackList& callbacks, RunBatch run_batch);
  StepPtr step_for(StepKind kind, const BatchStructure& structure, const HostBatch& batch, const StepPtr& likely = nullptr);
  // Runs a step; its logs are then those of `logs()`.
  void run(StepKind kind, const BatchStructure& structure, const HostBatch& batch);
  // Of the step that ran last, sorted by name.
  LogValues logs() const;
  LogValues in_order_of_metrics(const LogValues& logs) const;

  ModelImpl& model_;
  std::optional<CompileArgs> args_;
  std::optional<CompileLoss> loss_;
  std::optional<CompileMetrics> metrics_;
  Metric loss_tracker_;
  StepCache steps_;
  StepPtr last_step_;  // of this epoch
  std::vector<float> log_values_;
  std::vector<void*> log_addresses_;
  std::shared_ptr<BatchBuffers> fit_buffers_ = std::make_shared<BatchBuffers>();
  bool stop_ = false;
};

}  // namespace cornu::keras

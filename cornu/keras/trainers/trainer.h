#pragma once

#include <functional>
#include <optional>

#include "cornu/keras/trainers/compile_utils.h"
#include "cornu/keras/trainers/epoch_iterator.h"
#include "cornu/keras/trainers/step_runs.h"

namespace cornu::keras {

class CallbackList;

// Where a fit stands between two steps: in an epoch, or before one.
struct TrainingPosition {
  int64_t epoch = 0, in_epoch = 0, stopped = 0;
  int64_t batches = 0;  // of an epoch, 0 when not known: another number means other data
  EpochPosition data;
};

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
  // That of compile, scaling the loss where `auto_scale_loss` and the model's policy want it.
  const Optimizer& optimizer() const { return optimizer_; }
  // Lets the optimizer scale the loss, as it does in a model of "mixed_float16".
  void scale_loss();

  History fit(const Model& model, BatchSource& source, BatchSource* validation, const FitArgs& args);
  LogValues evaluate(const Model& model, BatchSource& source, const EvaluateArgs& args);
  TensorNest predict(const Model& model, BatchSource& source, const PredictArgs& args);
  LogValues run_batch(StepKind kind, const BatchStructure& batch);
  TensorNest predict_batch(const TensorNest& x);
  std::optional<TensorNest> call(const TensorNest& x,
                                 const std::function<TensorNest(const TensorNest&)>& f);              // see StepCache::call
  Traced traced(StepKind kind, const BatchStructure& structure, const std::vector<ir::Spec>& specs);  // see StepCache::traced
  void reset_metrics();
  void stop_training(bool stop) { stop_ = stop; }

  // --- of the fit under way, for its callbacks; RuntimeError outside ---
  TrainingPosition position() const;
  const CallbackList& callbacks() const;
  bool epoch_is_over() const;  // no batch of it will follow
  // In on_train_begin: the fit goes on from there. `restore` puts back what else there was, and in the middle of an epoch is called
  // again right before the first step runs: only then all metrics are made, and no event before it leaves a trace.
  // ValueError: the position is of other data.
  void go_on(const TrainingPosition& position, std::function<void()> restore);
  const std::shared_ptr<BatchBuffers>& fit_buffers() const { return fit_buffers_; }

 private:
  struct Fit;     // one under way
  class OwnRuns;  // steps of a loop, while those of one around it go on
  Fit& running() const;
  void need_compile(const char* verb) const;
  // All epochs; gives the last one's logs.
  LogValues train(Fit& fit, EpochIterator* validation, const FitArgs& args, History& history);
  LogValues evaluate(EpochIterator& epoch, CallbackList& callbacks);
  // What is left of an epoch, in executions of `steps_per_execution` batches, each one event of the callbacks; gives the number of
  // batches of the epoch.
  template <class RunBatch>
  int64_t run_epoch(StepKind kind, EpochIterator& epoch, CallbackList& callbacks, RunBatch run_batch);
  LogValues logs_for(const CallbackList& callbacks, StepKind kind);
  StepPtr step_for(StepKind kind, const BatchStructure& structure, const HostBatch& batch, const StepPtr& likely = nullptr);
  // Starts a step; its logs are then those of `runs_`.
  void start(StepKind kind, const BatchStructure& structure, const HostBatch& batch);
  // What go_on left to be put back; false when there is nothing.
  bool restore();
  LogValues in_order_of_metrics(const LogValues& logs) const;

  ModelImpl& model_;
  std::optional<CompileArgs> args_;
  Optimizer optimizer_;
  std::optional<CompileLoss> loss_;
  std::optional<CompileMetrics> metrics_;
  Metric loss_tracker_;
  StepCache steps_;
  StepRuns runs_;  // of this epoch
  std::shared_ptr<BatchBuffers> fit_buffers_ = std::make_shared<BatchBuffers>();
  Fit* fit_ = nullptr;
  bool stop_ = false;
};

}  // namespace cornu::keras

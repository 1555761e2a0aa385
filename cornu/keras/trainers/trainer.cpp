#include "cornu/keras/trainers/trainer.h"

#include <algorithm>
#include <deque>

#include "cornu/base/interrupt.h"
#include "cornu/base/log.h"
#include "cornu/device/config.h"
#include "cornu/device/context.h"
#include "cornu/device/gpu_checks.h"
#include "cornu/device/scope.h"
#include "cornu/ir/leaf.h"
#include "cornu/keras/callbacks/callback_list.h"
#include "cornu/keras/metrics/reduction_metrics.h"
#include "cornu/keras/optimizers/loss_scale_optimizer.h"
#include "cornu/keras/trainers/data_adapters/arrays.h"

namespace cornu::keras {
namespace {

// Keras's names of the loops' events differ by what runs.
void batch_begin(CallbackList& callbacks, StepKind kind, int64_t step) {
  callbacks.each([&](Callback& c) {
    if (kind == StepKind::train) c.on_train_batch_begin(step);
    else if (kind == StepKind::test) c.on_test_batch_begin(step);
    else c.on_predict_batch_begin(step);
  });
}
void batch_end(CallbackList& callbacks, StepKind kind, int64_t step, const LogValues& logs) {
  callbacks.each([&](Callback& c) {
    if (kind == StepKind::train) c.on_train_batch_end(step, logs);
    else if (kind == StepKind::test) c.on_test_batch_end(step, logs);
    else c.on_predict_batch_end(step);
  });
}

constexpr const char* kNoData =
    "The data gave no batch: it is empty, or the generator ended before this epoch. Give at least one example an epoch.";

void say_where_it_runs() {
  if (devices::placement().logical.device_type != "CPU") return;
  if (const std::string why = devices::why_no_gpu(); !why.empty()) log::notice_once("Training on the CPU: {}.", why);
}

}  // namespace

Trainer::Trainer(ModelImpl& model) : model_(model), loss_tracker_(std::make_shared<metrics::MeanImpl>("loss")), steps_(model) {}

void Trainer::compile(CompileArgs args) {
  if (args.steps_per_execution < 1)
    throw error<ValueError>("`steps_per_execution` must be a positive integer. Received: steps_per_execution={}",
                            args.steps_per_execution);
  std::vector<std::string> names = model_.output_names();
  loss_.reset();
  metrics_.reset();
  if (args.loss.given()) loss_.emplace(args.loss, args.loss_weights, names);
  if (args.metrics.given() || args.weighted_metrics.given()) metrics_.emplace(args.metrics, args.weighted_metrics, names);
  args_ = std::move(args);
  // The same one again goes on with its scale.
  const auto* scaled = dynamic_cast<const optimizers::LossScaleOptimizerImpl*>(optimizer_.impl().get());
  if (!scaled || scaled->inner_optimizer().impl() != args_->optimizer.impl()) optimizer_ = args_->optimizer;
  if (args_->auto_scale_loss && model_.dtype_policy().name() == "mixed_float16") scale_loss();
  steps_.clear();
  runs_.clear();
}

void Trainer::scale_loss() {
  if (!optimizer_ || dynamic_cast<const optimizers::LossScaleOptimizerImpl*>(optimizer_.impl().get())) return;
  optimizer_ = optimizers::LossScaleOptimizer(optimizer_, {.name = "loss_scale_optimizer"});
  steps_.clear();
}

const CompileArgs& Trainer::compile_args() const {
  need_compile("this");
  return *args_;
}

void Trainer::need_compile(const char* verb) const {
  if (!args_) throw error<RuntimeError>("You must call `compile()` before calling `{}()`.", verb);
}

// --- steps ---

StepPtr Trainer::step_for(StepKind kind, const BatchStructure& structure, const HostBatch& batch, const StepPtr& likely) {
  return args_ && args_->run_eagerly ? steps_.trace_eagerly(kind, structure, batch) : steps_.find(kind, structure, batch, likely);
}

void Trainer::start(StepKind kind, const BatchStructure& structure, const HostBatch& batch) {
  StepPtr step = step_for(kind, structure, batch, runs_.step());
  if (restore()) step = step_for(kind, structure, batch, step);  // the optimizer may have another pattern now
  runs_.start(std::move(step), batch);
}

LogValues Trainer::in_order_of_metrics(const LogValues& logs) const {
  LogValues out;
  for (const Metric& metric : model_.metrics())
    if (const double* value = logs.find(metric->name())) out.set(metric->name(), *value);
  for (const auto& [name, value] : logs) out.set(name, value);
  return out;
}

// --- a fit under way ---

struct Trainer::Fit {
  Fit(Trainer& of, EpochIterator& batches, CallbackList& list) : trainer(of), data(batches), callbacks(list) {
    trainer.fit_ = this;
  }
  ~Fit() { trainer.fit_ = nullptr; }
  Trainer& trainer;
  EpochIterator& data;
  CallbackList& callbacks;
  int64_t epoch = 0;
  bool in_epoch = false;
  std::function<void()> restore;
};

// A callback may evaluate: what came of the steps around it is still told, and not by it.
class Trainer::OwnRuns {
 public:
  explicit OwnRuns(StepRuns& runs) : runs_(runs), around_(std::exchange(runs, {})) {}
  ~OwnRuns() { runs_ = std::move(around_); }
  OwnRuns(const OwnRuns&) = delete;
  OwnRuns& operator=(const OwnRuns&) = delete;

 private:
  StepRuns& runs_;
  StepRuns around_;
};

Trainer::Fit& Trainer::running() const {
  if (!fit_) throw RuntimeError("This needs a fit under way: a callback of `fit` may ask for it.");
  return *fit_;
}

TrainingPosition Trainer::position() const {
  const Fit& fit = running();
  return {fit.epoch, fit.in_epoch, stop_, fit.data.steps(), fit.data.position()};
}
const CallbackList& Trainer::callbacks() const { return running().callbacks; }
bool Trainer::epoch_is_over() const { return stop_ || running().data.given() == running().data.steps(); }

void Trainer::go_on(const TrainingPosition& position, std::function<void()> restore) {
  Fit& fit = running();
  if (position.batches != fit.data.steps())
    throw error<ValueError>(
        "This fit cannot go on where another stopped: an epoch had {} batches there, and has {} here. Give it the same data and "
        "`batch_size`, or begin anew without the backup.",
        position.batches, fit.data.steps());
  restore();
  fit.epoch = position.epoch;
  fit.in_epoch = position.in_epoch;
  fit.data.go_on(position.data);
  stop_ = position.stopped;
  if (position.in_epoch) fit.restore = std::move(restore);
}

bool Trainer::restore() {
  if (!fit_ || !fit_->restore) return false;
  std::exchange(fit_->restore, nullptr)();
  return true;
}

// --- loops ---

LogValues Trainer::logs_for(const CallbackList& callbacks, StepKind kind) {
  if (kind == StepKind::predict) return {};
  return callbacks.wants_logs_at_once() ? runs_.logs() : runs_.logs_so_far();
}

template <class RunBatch>
int64_t Trainer::run_epoch(StepKind kind, EpochIterator& epoch, CallbackList& callbacks, RunBatch run_batch) {
  const bool watched = callbacks.wants_batches();
  const int64_t together = args_ ? args_->steps_per_execution : 1;
  int64_t count = epoch.given();
  if (kind != StepKind::predict) runs_.clear();
  for (int64_t first = count; const HostBatch* batch = epoch.next(); first += together) {
    if (watched) batch_begin(callbacks, kind, first);
    for (; batch; batch = epoch.next()) {
      throw_if_interrupted();
      run_batch(*batch);
      if (++count == first + together) break;
    }
    if (watched) batch_end(callbacks, kind, first + together - 1, logs_for(callbacks, kind));
    if (!batch || (stop_ && kind == StepKind::train)) break;
  }
  return count;
}

History Trainer::fit(const Model& model, BatchSource& source, BatchSource* validation, const FitArgs& args) {
  need_compile("fit");
  say_where_it_runs();
  if (args.validation_freq < 1)
    throw error<ValueError>("`validation_freq` must be a positive integer. Received: validation_freq={}", args.validation_freq);
  EpochIterator epochs(source, args.steps_per_epoch, "steps_per_epoch");
  std::optional<EpochIterator> of_validation;
  if (validation) of_validation.emplace(*validation, args.validation_steps, "validation_steps");
  CallbackList callbacks(model, args.callbacks, args.epochs, epochs.steps(), args.verbose);
  Fit fit(*this, epochs, callbacks);
  const OwnRuns own(runs_);
  History history;
  stop_ = false;
  const LogValues last = train(fit, of_validation ? &*of_validation : nullptr, args, history);
  if (optimizer_ && args.epochs > 0) optimizer_->finalize_variable_values(model_.trainable_weights());
  callbacks.each([&](Callback& c) { c.on_train_end(last); });
  return history;
}

LogValues Trainer::train(Fit& fit, EpochIterator* validation, const FitArgs& args, History& history) {
  fit.epoch = args.initial_epoch;
  fit.callbacks.each([](Callback& c) { c.on_train_begin(); });
  LogValues logs;
  while (fit.epoch < args.epochs && !stop_) {
    const int epoch = static_cast<int>(fit.epoch);
    reset_metrics();
    fit.callbacks.each([&](Callback& c) { c.on_epoch_begin(epoch); });
    if (!std::exchange(fit.in_epoch, true)) fit.data.begin_epoch();
    const int64_t count = run_epoch(StepKind::train, fit.data, fit.callbacks,
                                    [&](const HostBatch& batch) { start(StepKind::train, fit.data.structure(), batch); });
    restore();
    if (count == 0 && epoch == args.initial_epoch) throw ValueError(kNoData);
    if (!runs_.step()) break;  // the data are at their end for good
    fit.epoch = epoch + 1;
    fit.in_epoch = false;
    logs = runs_.logs();
    if (validation && (epoch + 1) % args.validation_freq == 0)
      for (const auto& [name, value] : evaluate(*validation, fit.callbacks)) logs.emplace_back("val_" + name, value);
    fit.callbacks.each([&](Callback& c) { c.on_epoch_end(epoch, logs); });
    history.epoch.push_back(epoch);
    for (const auto& [name, value] : logs) history.history.add(name, value);
  }
  return logs;
}

LogValues Trainer::evaluate(EpochIterator& epoch, CallbackList& callbacks) {
  const OwnRuns own(runs_);
  epoch.reset();
  epoch.begin_epoch();
  callbacks.each([](Callback& c) { c.on_test_begin(); });
  reset_metrics();
  if (run_epoch(StepKind::test, epoch, callbacks,
                [&](const HostBatch& batch) { start(StepKind::test, epoch.structure(), batch); }) == 0)
    throw ValueError(kNoData);
  const LogValues out = runs_.logs();
  callbacks.each([&](Callback& c) { c.on_test_end(out); });
  return out;
}

LogValues Trainer::evaluate(const Model& model, BatchSource& source, const EvaluateArgs& args) {
  need_compile("evaluate");
  EpochIterator epoch(source, args.steps, "steps");
  CallbackList callbacks(model, args.callbacks, 1, epoch.steps(), args.verbose);
  const LogValues out = evaluate(epoch, callbacks);
  return args.return_dict ? out : in_order_of_metrics(out);
}

TensorNest Trainer::predict(const Model& model, BatchSource& source, const PredictArgs& args) {
  EpochIterator epoch(source, args.steps, "steps");
  CallbackList callbacks(model, args.callbacks, 1, epoch.steps(), args.verbose);
  callbacks.each([](Callback& c) { c.on_predict_begin(); });
  // Each result grows by its batches' rows.
  std::vector<std::vector<std::shared_ptr<devices::Array>>> parts;
  TensorNest structure;
  std::deque<exec::Run> under_way;
  epoch.begin_epoch();
  const int64_t count = run_epoch(StepKind::predict, epoch, callbacks, [&](const HostBatch& batch) {
    const auto step = step_for(StepKind::predict, epoch.structure(), batch);
    auto [results, run] = step->executable->start(batch.arrays);
    structure = step->outputs;
    parts.resize(results.size());
    for (std::size_t i = 0; i < results.size(); ++i) parts[i].push_back(std::move(results[i]));
    under_way.push_back(std::move(run));
    if (under_way.size() <= exec::Run::kMost) return;
    under_way.front().wait();
    under_way.pop_front();
  });
  if (count == 0) throw ValueError(kNoData);
  for (exec::Run& run : under_way) run.wait();
  callbacks.each([](Callback& c) { c.on_predict_end(); });
  std::size_t next = 0;
  return structure.map([&](const Tensor&) { return joined(parts.at(next++)); });
}

LogValues Trainer::run_batch(StepKind kind, const BatchStructure& data) {
  need_compile(kind == StepKind::train ? "train_on_batch" : "test_on_batch");
  auto source = array_source(data, {.batch_size = std::max<int64_t>(1, examples(data))});
  source->begin_epoch();
  const HostBatch* batch = source->next();
  if (!batch) throw ValueError(kNoData);
  const OwnRuns own(runs_);
  reset_metrics();
  start(kind, source->structure(), *batch);
  return in_order_of_metrics(runs_.logs());
}

TensorNest Trainer::predict_batch(const TensorNest& x) {
  HostBatch batch;
  BatchStructure structure{x, {}, {}};
  x.visit([&](const Tensor& t) { batch.arrays.push_back(memory_of(t)); });
  const auto step = step_for(StepKind::predict, structure, batch);
  const auto results = step->executable->run(batch.arrays);
  std::size_t next = 0;
  return step->outputs.map([&](const Tensor&) {
    const auto& array = results[next++];
    return Tensor(ir::data(array->spec(), array));
  });
}

Traced Trainer::traced(StepKind kind, const BatchStructure& structure, const std::vector<ir::Spec>& specs) {
  return steps_.traced(kind, structure, specs);
}

std::optional<TensorNest> Trainer::call(const TensorNest& x, const std::function<TensorNest(const TensorNest&)>& f) {
  if (args_ && args_->run_eagerly) return std::nullopt;
  return steps_.call(x, f);
}

void Trainer::reset_metrics() {
  for (const Metric& metric : model_.metrics()) metric->reset_state();
}

}  // namespace cornu::keras

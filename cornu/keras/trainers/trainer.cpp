#include "cornu/keras/trainers/trainer.h"

#include "cornu/base/interrupt.h"
#include "cornu/base/log.h"
#include "cornu/device/config.h"
#include "cornu/device/gpu_checks.h"
#include "cornu/ir/leaf.h"
#include "cornu/keras/callbacks/callback_list.h"
#include "cornu/keras/metrics/reduction_metrics.h"
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

void say_where_it_runs() {
  if (::cornu::config::list_physical_devices("GPU").empty()) log::notice_once("Training on the CPU: {}.", devices::why_no_gpu());
}

}  // namespace

Trainer::Trainer(ModelImpl& model) : model_(model), loss_tracker_(std::make_shared<metrics::MeanImpl>("loss")), steps_(model) {}

void Trainer::compile(CompileArgs args) {
  std::vector<std::string> names = model_.output_names();
  loss_.reset();
  metrics_.reset();
  if (args.loss.given()) loss_.emplace(args.loss, args.loss_weights, names);
  if (args.metrics.given() || args.weighted_metrics.given()) metrics_.emplace(args.metrics, args.weighted_metrics, names);
  args_ = std::move(args);
  steps_.clear();
}

const CompileArgs& Trainer::compile_args() const {
  need_compile("this");
  return *args_;
}

void Trainer::need_compile(const char* verb) const {
  if (!args_) throw error<RuntimeError>("You must call `compile()` before calling `{}()`.", verb);
}

void Trainer::run(StepCache::Step& step, const HostBatch& batch) {
  const std::size_t logs = step.log_names.size();
  if (log_addresses_.size() != logs || log_values_.size() != logs) {
    log_values_.resize(logs);
    log_addresses_.clear();
    for (float& value : log_values_) log_addresses_.push_back(&value);
  }
  step.inputs.clear();
  for (const auto& array : batch.arrays) step.inputs.push_back(array->bytes());
  step.executable->run(step.inputs, log_addresses_);
  if (step.kind == StepKind::train && args_ && args_->optimizer) args_->optimizer->step_done();
}

LogValues Trainer::logs_of(const StepCache::Step& step) const {
  LogValues out;
  for (std::size_t i = 0; i < step.log_names.size(); ++i) out.emplace_back(step.log_names[i], log_values_[i]);
  return out;
}

LogValues Trainer::run_epoch(StepKind kind, BatchSource& source, int64_t most_steps, CallbackList& callbacks) {
  const bool watched = callbacks.wants_batches();
  StepCache::Step* step = nullptr;
  uint64_t of_pattern = 0;
  LogValues logs;
  int64_t count = 0;
  for (; most_steps == 0 || count < most_steps; ++count) {
    const HostBatch* batch = source.next();
    if (!batch) break;
    throw_if_interrupted();
    if (watched) batch_begin(callbacks, kind, count);
    const uint64_t pattern = kind == StepKind::train && args_->optimizer ? args_->optimizer->step_pattern() : 0;
    if (!step || pattern != of_pattern || !step->fits(*batch)) step = &steps_.find(kind, source.structure(), *batch);
    of_pattern = pattern;
    run(*step, *batch);
    if (watched) {
      logs = logs_of(*step);
      batch_end(callbacks, kind, count, logs);
    }
    if (stop_ && kind == StepKind::train) break;
  }
  if (count == 0)
    throw ValueError("The data gave no batch: it is empty, or the generator ended before this epoch. Give at least one example an epoch.");
  return logs_of(*step);
}

History Trainer::fit(const Model& model, BatchSource& source, BatchSource* validation, const FitArgs& args) {
  need_compile("fit");
  say_where_it_runs();
  stop_ = false;
  History history;
  CallbackList callbacks(model, args.callbacks, args.epochs, args.steps_per_epoch ? args.steps_per_epoch : source.batches(), args.verbose);
  callbacks.each([](Callback& c) { c.on_train_begin(); });
  LogValues logs;
  for (int epoch = args.initial_epoch; epoch < args.epochs && !stop_; ++epoch) {
    reset_metrics();
    callbacks.each([&](Callback& c) { c.on_epoch_begin(epoch); });
    if (args.steps_per_epoch == 0 || source.batches() > 0 || epoch == args.initial_epoch) source.begin_epoch();
    logs = run_epoch(StepKind::train, source, args.steps_per_epoch, callbacks);
    if (validation && (epoch + 1) % args.validation_freq == 0) {
      EvaluateArgs evaluation{.verbose = 0, .steps = args.validation_steps, .callbacks = args.callbacks};
      for (const auto& [name, value] : evaluate(model, *validation, evaluation)) logs.emplace_back("val_" + name, value);
    }
    callbacks.each([&](Callback& c) { c.on_epoch_end(epoch, logs); });
    history.epoch.push_back(epoch);
    for (const auto& [name, value] : logs) history.history.add(name, value);
  }
  if (args_->optimizer && args.epochs > 0) args_->optimizer->finalize_variable_values(model_.trainable_weights());
  callbacks.each([&](Callback& c) { c.on_train_end(logs); });
  return history;
}

LogValues Trainer::evaluate(const Model& model, BatchSource& source, const EvaluateArgs& args) {
  need_compile("evaluate");
  CallbackList callbacks(model, args.callbacks, 1, args.steps ? args.steps : source.batches(), args.verbose);
  callbacks.each([](Callback& c) { c.on_test_begin(); });
  reset_metrics();
  source.begin_epoch();
  LogValues logs = run_epoch(StepKind::test, source, args.steps, callbacks);
  callbacks.each([&](Callback& c) { c.on_test_end(logs); });
  return logs;
}

TensorNest Trainer::predict(const Model& model, BatchSource& source, const PredictArgs& args) {
  CallbackList callbacks(model, args.callbacks, 1, args.steps ? args.steps : source.batches(), args.verbose);
  callbacks.each([](Callback& c) { c.on_predict_begin(); });
  source.begin_epoch();
  // Each result grows by its batches' rows.
  std::vector<std::vector<std::shared_ptr<devices::Array>>> parts;
  TensorNest structure;
  int64_t count = 0;
  for (; args.steps == 0 || count < args.steps; ++count) {
    const HostBatch* batch = source.next();
    if (!batch) break;
    throw_if_interrupted();
    batch_begin(callbacks, StepKind::predict, count);
    auto& step = steps_.find(StepKind::predict, source.structure(), *batch);
    auto results = step.executable->run(batch->arrays);
    structure = step.outputs;
    parts.resize(results.size());
    for (std::size_t i = 0; i < results.size(); ++i) parts[i].push_back(std::move(results[i]));
    batch_end(callbacks, StepKind::predict, count, {});
  }
  if (count == 0) throw ValueError("Expected input data to be non-empty.");
  callbacks.each([](Callback& c) { c.on_predict_end(); });
  std::size_t next = 0;
  return structure.map([&](const Tensor&) { return joined(parts.at(next++)); });
}

LogValues Trainer::run_batch(StepKind kind, const BatchStructure& data) {
  need_compile(kind == StepKind::train ? "train_on_batch" : "test_on_batch");
  auto source = array_source(data, {.batch_size = std::max<int64_t>(1, examples(data))});
  source->begin_epoch();
  const HostBatch* batch = source->next();
  if (!batch) throw ValueError("Expected input data to be non-empty.");
  auto& step = steps_.find(kind, source->structure(), *batch);
  run(step, *batch);
  return logs_of(step);
}

TensorNest Trainer::predict_batch(const TensorNest& x) {
  HostBatch batch;
  BatchStructure structure{x, {}, {}};
  x.visit([&](const Tensor& t) { batch.arrays.push_back(memory_of(t)); });
  auto& step = steps_.find(StepKind::predict, structure, batch);
  const auto results = step.executable->run(batch.arrays);
  std::size_t next = 0;
  return step.outputs.map([&](const Tensor&) {
    const auto& array = results[next++];
    return Tensor(ir::data(array->spec(), array));
  });
}

void Trainer::reset_metrics() {
  for (const Metric& metric : model_.metrics()) metric->reset_state();
}

}  // namespace cornu::keras

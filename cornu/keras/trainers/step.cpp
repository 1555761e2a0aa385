#include "cornu/keras/trainers/step.h"

#include "cornu/base/timeline.h"
#include "cornu/ir/leaf.h"
#include "cornu/keras/layers/call_scope.h"
#include "cornu/trace.h"

namespace cornu::keras {

std::vector<Tensor> BatchStructure::leaves() const {
  auto out = x.flatten();
  for (const auto* part : {&y, &sample_weight})
    if (*part)
      for (const Tensor& t : (*part)->flatten()) out.push_back(t);
  return out;
}

Batch BatchStructure::with(const std::vector<Tensor>& leaves) const {
  std::size_t next = 0;
  auto take = [&](const Tensor&) { return leaves.at(next++); };
  Batch out{x.map(take), {}, {}};
  if (y) out.y = y->map(take);
  if (sample_weight) out.sample_weight = sample_weight->map(take);
  return out;
}

// What a step depends on besides shapes: which weights are trained, and what the optimizer decides on the host.
uint64_t StepCache::pattern_of(StepKind kind) const {
  if (kind != StepKind::train) return 0;
  uint64_t h = model_.optimizer() ? model_.optimizer()->step_pattern() : 0;
  for (const Variable& v : model_.trainable_weights()) h = ir::mix(h, reinterpret_cast<uint64_t>(v.slot().get()));
  return h;
}

bool StepCache::Step::fits(const HostBatch& batch) const {
  if (specs.size() != batch.arrays.size()) return false;
  for (std::size_t i = 0; i < specs.size(); ++i)
    if (!(specs[i] == batch.arrays[i]->spec())) return false;
  return true;
}

StepCache::Step& StepCache::find(StepKind kind, const BatchStructure& structure, const HostBatch& batch) {
  const uint64_t pattern = pattern_of(kind);
  for (auto& step : steps_) {
    if (step->kind == kind && step->pattern == pattern && step->fits(batch)) return *step;
  }
  steps_.push_back(trace(kind, structure, batch, pattern));
  return *steps_.back();
}

std::unique_ptr<StepCache::Step> StepCache::trace(StepKind kind, const BatchStructure& structure, const HostBatch& batch, uint64_t pattern) {
  const timeline::Span span(timeline::recording(), "trace", [] { return std::string("trace and compile a step"); });
  auto step = std::make_unique<Step>();
  step->kind = kind;
  for (const auto& array : batch.arrays) step->specs.push_back(array->spec());

  Trace tracing;
  std::vector<Tensor> inputs;
  for (const auto& spec : step->specs) inputs.emplace_back(tracing.parameter(spec));
  const Batch data = structure.with(inputs);
  std::vector<ir::Value> results;
  const CallScope scope(kind == StepKind::train);
  if (kind == StepKind::predict) {
    const TensorNest outputs = model_.predict_step(data);
    outputs.visit([&](const Tensor& t) { results.push_back(t.value()); });
    step->outputs = outputs.map([](const Tensor&) { return Tensor(); });
  } else {
    for (const auto& [name, tensor] : kind == StepKind::train ? model_.train_step(data) : model_.test_step(data)) {
      step->log_names.push_back(name);
      results.push_back(cast_to(tensor, float32).value());
    }
  }
  Traced traced = tracing.finish(results);
  const char* names[] = {"train_step", "test_step", "predict_step"};
  step->executable = std::make_unique<exec::Executable>(exec::program_for(traced.function, Target::host(), names[int(kind)]),
                                                        std::move(traced.variables), std::move(traced.captures));
  // Building and tracing may have made weights that count from now on.
  step->pattern = kind == StepKind::train ? pattern_of(kind) : pattern;
  return step;
}

}  // namespace cornu::keras

#include "cornu/keras/trainers/step.h"

#include "cornu/base/timeline.h"
#include "cornu/ir/leaf.h"
#include "cornu/keras/layers/call_scope.h"
#include "cornu/trace.h"

namespace cornu::keras {
namespace {

bool same_structure(const TensorNest& a, const TensorNest& b) {
  if (a.is_leaf() || b.is_leaf()) return a.is_leaf() && b.is_leaf();
  if (a.is_list() != b.is_list()) return false;
  if (a.is_list()) return std::equal(a.list().begin(), a.list().end(), b.list().begin(), b.list().end(), same_structure);
  return std::equal(a.dict().begin(), a.dict().end(), b.dict().begin(), b.dict().end(),
                    [](const auto& x, const auto& y) { return x.first == y.first && same_structure(x.second, y.second); });
}
bool same_structure(const std::optional<TensorNest>& a, const std::optional<TensorNest>& b) {
  return a && b ? same_structure(*a, *b) : a.has_value() == b.has_value();
}

}  // namespace

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

bool BatchStructure::is_like(const BatchStructure& other) const {
  return same_structure(x, other.x) && same_structure(y, other.y) && same_structure(sample_weight, other.sample_weight);
}

// What the optimizer decides on the host.
uint64_t StepCache::decisions_of(StepKind kind) const {
  return kind == StepKind::train && model_.optimizer() ? model_.optimizer()->step_pattern() : 0;
}
// What a step depends on besides shapes: those decisions, and which weights are trained.
uint64_t StepCache::pattern_of(StepKind kind) const {
  uint64_t h = decisions_of(kind);
  if (kind == StepKind::train)
    for (const Variable& v : model_.trainable_weights()) h = ir::mix(h, reinterpret_cast<uint64_t>(v.slot().get()));
  return h;
}

bool StepCache::Step::fits(const BatchStructure& of_batch, const HostBatch& batch) const {
  if (specs.size() != batch.arrays.size() || !structure.is_like(of_batch)) return false;
  for (std::size_t i = 0; i < specs.size(); ++i)
    if (!(specs[i] == batch.arrays[i]->spec())) return false;
  return true;
}

StepCache::Step& StepCache::find(StepKind kind, const BatchStructure& structure, const HostBatch& batch, Step* likely) {
  if (likely && likely->kind == kind && likely->decisions == decisions_of(kind) && likely->fits(structure, batch)) return *likely;
  const uint64_t pattern = pattern_of(kind);
  for (auto& step : steps_)
    if (step->kind == kind && step->pattern == pattern && step->fits(structure, batch)) return *step;
  return *steps_.emplace_back(trace(kind, structure, batch, nullptr));
}

StepCache::Step& StepCache::trace_eagerly(StepKind kind, const BatchStructure& structure, const HostBatch& batch) {
  exec::ParameterValues values;
  return *(eager_ = trace(kind, structure, batch, &values));
}

void StepCache::clear() {
  steps_.clear();
  eager_.reset();
}

std::unique_ptr<StepCache::Step> StepCache::trace(StepKind kind, const BatchStructure& structure, const HostBatch& batch, exec::ParameterValues* values) {
  const timeline::Span span(timeline::recording(), "trace", [] { return std::string("trace and compile a step"); });
  auto step = std::make_unique<Step>();
  step->kind = kind;
  step->decisions = decisions_of(kind);
  const auto empty = [](const TensorNest& nest) { return nest.map([](const Tensor&) { return Tensor(); }); };
  step->structure = {empty(structure.x), {}, {}};
  if (structure.y) step->structure.y = empty(*structure.y);
  if (structure.sample_weight) step->structure.sample_weight = empty(*structure.sample_weight);
  for (const auto& array : batch.arrays) step->specs.push_back(array->spec());

  Trace tracing;
  std::vector<Tensor> inputs;
  for (const auto& array : batch.arrays) {
    const ir::Value& parameter = tracing.parameter(array->spec());
    if (values) values->bind(parameter, array);
    inputs.emplace_back(parameter);
  }
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
  step->pattern = pattern_of(kind);
  return step;
}

}  // namespace cornu::keras

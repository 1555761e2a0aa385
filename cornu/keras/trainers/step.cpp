#include "cornu/keras/trainers/step.h"

#include "cornu/base/nest_structure.h"
#include "cornu/base/timeline.h"
#include "cornu/ir/leaf.h"
#include "cornu/keras/layers/call_scope.h"

namespace cornu::keras {
namespace {

bool both_absent_or_same(const std::optional<TensorNest>& a, const std::optional<TensorNest>& b) {
  return a && b ? same_structure(*a, *b) : a.has_value() == b.has_value();
}

TensorNest emptied(const TensorNest& nest) {
  return nest.map([](const Tensor&) { return Tensor(); });
}

constexpr std::size_t kMostSteps = 128;

// What a step depends on besides its batch: the layers, their weights, and which of both are trained. Found anew for every call that is
// not of an epoch, so it copies little.
uint64_t mix_layers(uint64_t hash, const LayerImpl& layer) {
  hash = ir::mix(ir::mix(ir::mix(hash, layer.id()), layer.trainable()), layer.compute_dtype().index());
  for (const Variable& v : layer.own_variables())
    hash = ir::mix(ir::mix(hash, reinterpret_cast<uint64_t>(v.slot().get())), v.trainable());
  for (const Trackable::Child& child : layer.children())
    for (const auto& item : child.items)
      if (const auto* inner = dynamic_cast<const LayerImpl*>(item.get())) hash = mix_layers(hash, *inner);
  return hash;
}

void need_number(const std::string& log, const Tensor& value) {
  if (value.shape().elements() == 1) return;
  throw error<ValueError>(
      "What a step logs must be numbers. Received: '{}' of shape {}. Reduce it, with `ops::mean` for instance.", log,
      to_string(value.shape()));
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
  return same_structure(x, other.x) && both_absent_or_same(y, other.y) && both_absent_or_same(sample_weight, other.sample_weight);
}

bool Step::fits(StepKind of_kind, const BatchStructure& of_batch, const HostBatch& batch) const {
  if (kind != of_kind || specs.size() != batch.arrays.size() || !structure.is_like(of_batch)) return false;
  for (std::size_t i = 0; i < specs.size(); ++i)
    if (!(specs[i] == batch.arrays[i]->spec())) return false;
  return executable->is_here() && still_hold(decisions);
}

uint64_t StepCache::pattern() const { return mix_layers(0, model_); }

StepPtr StepCache::find(StepKind kind, const BatchStructure& structure, const HostBatch& batch, const StepPtr& likely) {
  if (likely && likely->fits(kind, structure, batch)) return likely;
  const std::lock_guard lock(mutex_);
  const uint64_t now = pattern();
  for (const StepPtr& step : steps_)
    if (step->pattern == now && step->fits(kind, structure, batch)) return step;
  StepPtr made = trace(kind, structure, batch, nullptr);
  steps_.push_back(made);
  if (steps_.size() > kMostSteps) steps_.pop_front();
  return made;
}

StepPtr StepCache::trace_eagerly(StepKind kind, const BatchStructure& structure, const HostBatch& batch) {
  const std::lock_guard lock(mutex_);  // tracing may build layers
  exec::ParameterValues values;
  return trace(kind, structure, batch, &values);
}

const StepCache::Call& StepCache::call_like(const TensorNest& x, const std::function<TensorNest(const TensorNest&)>& f) {
  std::vector<ir::Spec> specs;
  x.visit([&](const Tensor& t) { specs.push_back(t.spec()); });
  const uint64_t before = pattern();
  for (const Call& call : calls_)
    if (call.pattern == before && call.specs == specs && same_structure(call.structure, x) && still_hold(call.traced.decisions))
      return call;
  Trace tracing;
  const TensorNest outputs = f(x.map([&](const Tensor& t) { return Tensor(tracing.parameter(t.spec())); }));
  std::vector<ir::Value> results;
  bool masks = false;
  outputs.visit([&](const Tensor& t) { results.push_back(t.value()), masks |= t.mask().exists(); });
  // Tracing may have built layers.
  Call made{emptied(x), std::move(specs), pattern(), tracing.finish(results), {}};
  if (!masks && made.traced.function.writes.empty()) made.outputs = emptied(outputs);
  calls_.push_back(std::move(made));
  if (calls_.size() > kMostSteps) calls_.pop_front();
  return calls_.back();
}

std::optional<TensorNest> StepCache::call(const TensorNest& x, const std::function<TensorNest(const TensorNest&)>& f) {
  const std::lock_guard lock(mutex_);
  const Call& call = call_like(x, f);
  if (!call.outputs) return std::nullopt;
  std::vector<ir::Value> arguments;
  x.visit([&](const Tensor& t) { arguments.push_back(t.value()); });
  for (const auto& slot : call.traced.variables) arguments.push_back(read_slot(slot));
  for (const auto& array : call.traced.captures) arguments.push_back(ir::data(array->spec(), array));
  const auto results = ir::call(call.traced.function.graph, arguments);
  std::size_t next = 0;
  return call.outputs->map([&](const Tensor&) { return Tensor(results[next++]); });
}

void StepCache::clear() {
  const std::lock_guard lock(mutex_);
  steps_.clear();
  calls_.clear();
}

Traced StepCache::trace(Step& step, const BatchStructure& structure, const HostBatch* batch, exec::ParameterValues* values) {
  Trace tracing;
  std::vector<Tensor> inputs;
  for (std::size_t i = 0; i < step.specs.size(); ++i) {
    const ir::Value& parameter = tracing.parameter(step.specs[i]);
    if (values) values->bind(parameter, batch->arrays[i]);
    inputs.emplace_back(parameter);
  }
  const Batch data = structure.with(inputs);
  std::vector<ir::Value> results;
  const CallScope scope(step.kind == StepKind::train);
  if (step.kind == StepKind::predict) {
    const TensorNest outputs = model_.predict_step(data);
    outputs.visit([&](const Tensor& t) { results.push_back(t.value()); });
    step.outputs = emptied(outputs);
  } else {
    for (const auto& [name, tensor] : step.kind == StepKind::train ? model_.train_step(data) : model_.test_step(data)) {
      need_number(name, tensor);
      step.log_names.push_back(name);
      results.push_back(cast_to(tensor, float32).value());
    }
  }
  return tracing.finish(results);
}

Traced StepCache::traced(StepKind kind, const BatchStructure& structure, const std::vector<ir::Spec>& specs) {
  const std::lock_guard lock(mutex_);
  Step step{.kind = kind, .specs = specs};
  return trace(step, structure);
}

StepPtr StepCache::trace(StepKind kind, const BatchStructure& structure, const HostBatch& batch, exec::ParameterValues* values) {
  const timeline::Span span(timeline::watched(), "trace", [] { return std::string("trace and compile a step"); });
  auto step = std::make_shared<Step>();
  step->kind = kind;
  step->structure = {emptied(structure.x), {}, {}};
  if (structure.y) step->structure.y = emptied(*structure.y);
  if (structure.sample_weight) step->structure.sample_weight = emptied(*structure.sample_weight);
  for (const auto& array : batch.arrays) step->specs.push_back(array->spec());

  Traced traced = trace(*step, structure, &batch, values);
  const char* names[] = {"train_step", "test_step", "predict_step"};
  step->executable =
      exec::make_executable(traced.function, std::move(traced.variables), std::move(traced.captures), names[int(kind)]);
  step->decisions = std::move(traced.decisions);
  // Building and tracing may have made weights that count from now on.
  step->pattern = pattern();
  return step;
}

}  // namespace cornu::keras

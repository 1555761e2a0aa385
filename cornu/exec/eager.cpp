#include "cornu/exec/eager.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <utility>

#include "cornu/exec/executable.h"
#include "cornu/ir/leaf.h"
#include "cornu/ops/view/view.h"

namespace cornu::exec {
namespace {

using namespace ir;

std::shared_ptr<devices::Array> filled(const Node& constant) {
  const Spec spec{constant.specs()[0].dtype, {}};
  auto array = devices::Array::allocate(spec);
  const auto& a = constant.attributes<ConstantAttributes>();
  const HostOperand out{spec, array->bytes()};
  constant.op().reference(Attributes::of(ConstantAttributes{a.dtype, {}, a.bits}), {}, {&out, 1});
  return array;
}

thread_local ParameterValues* innermost = nullptr;

[[noreturn]] void refuse_reading() {
  throw RuntimeError(
      "The value of a tensor was asked for while a function is being traced, where tensors have no values yet. This happens in "
      "`if (tensor)`, `item()`, `to_vector()` or printing inside a layer's `call` or a `train_step`. Use `ops::cond` or "
      "`ops::where` for a choice, `ops::while_loop` or `ops::scan` for a loop, or compile the model with `.run_eagerly = true`.");
}

// Threads may share a tensor that nobody has asked for yet. Its graph is walked, and its nodes are resolved, by one at a time; the
// programs run side by side.
std::mutex evaluation;

}  // namespace

std::shared_ptr<devices::Array> array_of(const Value& value) {
  if (is_data(value)) return std::static_pointer_cast<devices::Array>(value->data());
  if (!value->resolved().empty()) return std::static_pointer_cast<devices::Array>(value->resolved()[value.output()]);
  return innermost ? innermost->find(value) : nullptr;
}

ParameterValues::ParameterValues() : outer_(std::exchange(innermost, this)) {}
ParameterValues::~ParameterValues() {
  innermost = outer_;
  const auto lock = hold_graphs();
  for (auto& [node, known] : known_)
    if (!is_parameter(known.value) && known.value->resolved().empty()) known.value.node().resolve(std::move(known.results));
}
ParameterValues* ParameterValues::current() { return innermost; }
void ParameterValues::keep(const Value& value, std::vector<std::shared_ptr<Data>> results) {
  known_[&value.node()] = {value, std::move(results)};
}
std::shared_ptr<devices::Array> ParameterValues::find(const Value& value) const {
  const auto found = known_.find(&value.node());
  return found == known_.end() ? nullptr : std::static_pointer_cast<devices::Array>(found->second.results[value.output()]);
}

std::unique_lock<std::mutex> hold_graphs() { return std::unique_lock(evaluation); }

void evaluate(std::span<const Value> values) {
  if (std::all_of(values.begin(), values.end(), [](const Value& v) { return array_of(v) != nullptr; })) return;
  auto lock = hold_graphs();
  plan::Function function;
  std::vector<std::shared_ptr<devices::Array>> inputs;
  std::vector<Value> wanted;
  for (const Value& v : values) {
    if (array_of(v)) continue;
    if (std::any_of(wanted.begin(), wanted.end(), [&](const Value& w) { return &w.node() == &v.node(); })) continue;
    wanted.push_back(v);
    for (const Value& output : outputs_of(v.node())) function.graph.results.push_back(output);
  }
  if (wanted.empty()) return;

  ValueMap<Value> leaves;
  auto input = [&](const Spec& spec, std::shared_ptr<devices::Array> array) {
    inputs.push_back(std::move(array));
    return function.graph.parameters.emplace_back(parameter(spec));
  };
  bool traced = false;
  for (Node* node : topological(function.graph)) {
    for (const Value& v : outputs_of(*node)) {
      if (is_parameter(v)) {
        if (!array_of(v)) refuse_reading();
        traced = true;
      }
      if (auto array = array_of(v)) leaves[v] = input(v.spec(), std::move(array));
      else if (is_constant(v)) leaves[v] = ops::broadcast_to(input({v.dtype(), {}}, filled(*node)), v.shape());
    }
  }
  function.graph.results = rewritten(function.graph.results, nullptr, std::move(leaves));
  function.inputs = static_cast<int>(inputs.size());
  const Executable executable(program_for(function, Target::host(), "eager"), {}, {});
  lock.unlock();
  auto results = executable.run(inputs);
  lock.lock();
  std::size_t next = 0;
  for (const Value& v : wanted) {
    std::vector<std::shared_ptr<Data>> own;
    for (int i = 0; i < v->outputs(); ++i) own.push_back(results[next++]);
    // A trace goes on from what it reads: its graph stays whole.
    if (traced) innermost->keep(v, std::move(own));
    else if (v->resolved().empty()) v.node().resolve(std::move(own));
  }
}

}  // namespace cornu::exec

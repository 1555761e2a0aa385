#include "cornu/function.h"

#include <map>
#include <mutex>

#include "cornu/autodiff/gradient.h"
#include "cornu/exec/eager.h"
#include "cornu/exec/executable.h"
#include "cornu/ir/leaf.h"
#include "cornu/ops/pointwise.h"
#include "cornu/trace.h"

namespace cornu {
namespace {

std::vector<ir::Value> gradients_of(const Tensor& target, const std::vector<ir::Value>& wrt) {
  const ir::Value output = target.value();
  if (!output.dtype().is_floating())
    throw error<ValueError>("Only a floating tensor can be differentiated. Received: dtype={}", output.dtype().name());
  const auto lock = exec::hold_graphs();
  return autodiff::gradients(std::vector{output}, std::vector{ops::ones_like(output)}, wrt);
}

// The values of a variable that a tensor may have been computed from. Outside a trace they are found in its graph: the leaves that
// show the variable's memory.
std::vector<ir::Value> reads_of(const Variable& variable, const Tensor& target) {
  if (Trace* trace = Trace::current()) return trace->reads(variable.slot());
  std::vector<ir::Value> out;
  const auto snapshot = variable.slot()->snapshot();
  const auto lock = exec::hold_graphs();
  for (ir::Node* node : ir::topological(std::vector{target.value()}))
    if (node->data() == snapshot) out.emplace_back(node, 0);
  return out;
}

// The structure of arguments, their shapes and dtypes.
std::string key_of(const TensorNest& nest) {
  if (nest.is_leaf()) return ir::to_string(nest.leaf().spec());
  std::string out;
  if (nest.is_list())
    for (const auto& item : nest.list()) out += key_of(item) + ";";
  else
    for (const auto& [name, item] : nest.dict()) out += fmt::format("{}:{}:{};", name.size(), name, key_of(item));
  return (nest.is_list() ? "[" : "{") + out + "]";
}

Tensor sum_of(std::span<const ir::Value> parts) {
  ir::Value sum;
  for (const auto& part : parts)
    if (part) sum = sum ? ops::add(sum, part) : part;
  return sum ? Tensor(sum) : Tensor();
}

}  // namespace

std::vector<Tensor> gradients(const Tensor& target, const std::vector<Tensor>& sources) {
  std::vector<ir::Value> wrt;
  for (const Tensor& source : sources) wrt.push_back(source.value());
  std::vector<Tensor> out;
  for (const auto& gradient : gradients_of(target, wrt)) out.push_back(sum_of({&gradient, 1}));
  return out;
}

std::vector<Tensor> gradients(const Tensor& target, const std::vector<Variable>& sources) {
  std::vector<ir::Value> wrt;
  std::vector<std::size_t> ends;
  for (const Variable& source : sources) {
    for (auto& value : reads_of(source, target)) wrt.push_back(std::move(value));
    ends.push_back(wrt.size());
  }
  const auto parts = gradients_of(target, wrt);
  std::vector<Tensor> out;
  std::size_t first = 0;
  for (std::size_t end : ends) out.push_back(sum_of(std::span(parts).subspan(first, end - first))), first = end;
  return out;
}

std::function<ValueAndGrad(const std::vector<Tensor>&)> value_and_grad(std::function<Tensor(const std::vector<Tensor>&)> f) {
  auto differentiated = [f = std::move(f)](const TensorNest& arguments) -> TensorNest {
    std::vector<Tensor> sources = arguments.flatten();
    const Tensor value = f(sources);
    std::vector<Tensor> out{value};
    const auto grads = gradients(value, sources);
    for (std::size_t i = 0; i < grads.size(); ++i)
      out.push_back(grads[i].exists() ? grads[i] : Tensor(ops::zeros_like(sources[i].value())));
    return TensorNest(out);
  };
  return [differentiated](const std::vector<Tensor>& arguments) {
    // Inside a trace this is part of the trace; outside it becomes a program of its own.
    auto results =
        (Trace::current() ? differentiated(TensorNest(arguments)) : jit(differentiated)(TensorNest(arguments))).flatten();
    return ValueAndGrad{results[0], {results.begin() + 1, results.end()}};
  };
}

struct Function::Impl {
  struct Entry {
    std::unique_ptr<exec::Executable> executable;
    TensorNest structure;
    HostDecisions decisions;
  };
  std::function<TensorNest(const TensorNest&)> f;
  std::string name;
  std::mutex mutex;
  std::multimap<std::string, std::shared_ptr<Entry>> entries;  // several of one key differ in decisions of the host

  std::shared_ptr<Entry> find(const TensorNest& arguments) {
    const std::string key = key_of(arguments);
    const std::lock_guard lock(mutex);
    const auto [first, last] = entries.equal_range(key);
    for (auto it = first; it != last; ++it)
      if (it->second->executable->is_here() && still_hold(it->second->decisions)) return it->second;
    return entries.emplace(key, trace(arguments))->second;
  }

  std::shared_ptr<Entry> trace(const TensorNest& arguments) {
    Trace tracing;
    auto traced_arguments = arguments.map([&](const Tensor& t) { return Tensor(tracing.parameter(t.spec())); });
    auto entry = std::make_shared<Entry>();
    entry->structure = f(traced_arguments);
    std::vector<ir::Value> results;
    entry->structure.visit([&](const Tensor& t) { results.push_back(t.value()); });
    Traced traced = tracing.finish(results);
    entry->executable = exec::make_executable(traced.function, std::move(traced.variables), std::move(traced.captures), name);
    entry->decisions = std::move(traced.decisions);
    entry->structure = entry->structure.map([](const Tensor&) { return Tensor(); });  // let the trace go
    return entry;
  }
};

Function::Function(std::function<TensorNest(const TensorNest&)> f, std::string name) : impl_(std::make_shared<Impl>()) {
  impl_->f = std::move(f);
  impl_->name = std::move(name);
}

TensorNest Function::operator()(const TensorNest& arguments) const {
  if (Trace::current()) return impl_->f(arguments);
  std::vector<ir::Value> values;
  arguments.visit([&](const Tensor& t) { values.push_back(t.value()); });
  exec::evaluate(values);
  const auto entry = impl_->find(arguments);
  std::vector<std::shared_ptr<devices::Array>> inputs;
  for (const auto& v : values) inputs.push_back(exec::array_of(v));
  const auto results = entry->executable->run(inputs);
  std::size_t next = 0;
  return entry->structure.map([&](const Tensor&) {
    const auto& array = results[next++];
    return Tensor(ir::data(array->spec(), array));
  });
}

Function jit(std::function<TensorNest(const TensorNest&)> f) { return Function(std::move(f)); }

}  // namespace cornu

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
  return autodiff::gradients(std::vector{output}, std::vector{ops::ones_like(output)}, wrt);
}

std::vector<Tensor> as_tensors(const std::vector<ir::Value>& values) {
  std::vector<Tensor> out;
  for (const auto& v : values) out.push_back(v ? Tensor(v) : Tensor());
  return out;
}

}  // namespace

std::vector<Tensor> gradients(const Tensor& target, const std::vector<Tensor>& sources) {
  std::vector<ir::Value> wrt;
  for (const Tensor& source : sources) wrt.push_back(source.value());
  return as_tensors(gradients_of(target, wrt));
}

std::vector<Tensor> gradients(const Tensor& target, const std::vector<Variable>& sources) {
  Trace* trace = Trace::current();
  std::vector<ir::Value> wrt;
  for (const Variable& source : sources)
    wrt.push_back(trace ? trace->last_read(source.slot()) : ir::data(source.slot()->spec(), source.slot()->snapshot()));
  return as_tensors(gradients_of(target, wrt));
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
    auto results = (Trace::current() ? differentiated(TensorNest(arguments)) : jit(differentiated)(TensorNest(arguments))).flatten();
    return ValueAndGrad{results[0], {results.begin() + 1, results.end()}};
  };
}

struct Function::Impl {
  struct Entry {
    std::unique_ptr<exec::Executable> executable;
    TensorNest structure;
  };
  std::function<TensorNest(const TensorNest&)> f;
  std::string name;
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<Entry>> entries;

  std::shared_ptr<Entry> trace(const TensorNest& arguments) {
    Trace tracing;
    auto traced_arguments = arguments.map([&](const Tensor& t) { return Tensor(tracing.parameter(t.spec())); });
    auto entry = std::make_shared<Entry>();
    entry->structure = f(traced_arguments);
    std::vector<ir::Value> results;
    entry->structure.visit([&](const Tensor& t) { results.push_back(t.value()); });
    Traced traced = tracing.finish(results);
    entry->executable = std::make_unique<exec::Executable>(exec::program_for(traced.function, Target::host(), name),
                                                           std::move(traced.variables), std::move(traced.captures));
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
  std::string key;
  std::vector<ir::Value> values;
  arguments.visit([&](const Tensor& t) {
    key += ir::to_string(t.spec()) + ";";
    values.push_back(t.value());
  });
  exec::evaluate(values);
  std::shared_ptr<Impl::Entry> entry;
  {
    std::lock_guard lock(impl_->mutex);
    auto& slot = impl_->entries[key];
    if (!slot) slot = impl_->trace(arguments);
    entry = slot;
  }
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

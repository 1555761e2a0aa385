#include "cornu/keras/ops/control.h"

#include <algorithm>
#include <tuple>

#include "cornu/base/nest_structure.h"
#include "cornu/keras/ops/control_function.h"
#include "cornu/keras/ops/promote.h"
#include "cornu/ops/control/control.h"
#include "cornu/trace.h"

namespace cornu::keras::ops {
namespace {

using Slots = std::vector<std::shared_ptr<exec::Slot>>;
using Values = std::vector<Value>;

// --- nests ---

// "[float32 (3,), {a: int32 ()}]"
std::string text(const TensorNest& nest) {
  if (nest.is_leaf()) return nest.leaf().exists() ? ir::to_string(nest.leaf().spec()) : "nothing";
  std::vector<std::string> parts;
  if (nest.is_list()) {
    for (const auto& item : nest.list()) parts.push_back(text(item));
    return fmt::format("[{}]", fmt::join(parts, ", "));
  }
  for (const auto& [key, item] : nest.dict()) parts.push_back(key + ": " + text(item));
  return fmt::format("{{{}}}", fmt::join(parts, ", "));
}

// Tensors for the leaves, from `next` on.
TensorNest filled(const TensorNest& structure, Values::const_iterator& next) {
  return structure.map([&](const Tensor& t) { return t.exists() ? Tensor(*next++) : Tensor(); });
}

void check_computed(const char* function, const TensorNest& nest) {
  nest.visit([&](const Tensor& t) {
    if (t.is_symbolic())
      throw error<ValueError>(
          "A function given to `{}` computes with a symbolic tensor from around it, which has a value only inside the model. "
          "Hand it "
          "over as an operand (`switch_`, `scan`, `while_loop`), or call `{}` inside the `call` of a layer.",
          function, function);
  });
}

// --- bodies ---

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

Slots joined(Slots a, const Slots& b) {
  for (const auto& slot : b)
    if (std::find(a.begin(), a.end(), slot) == a.end()) a.push_back(slot);
  return a;
}
Values read_all(const Slots& slots) {
  Values out;
  for (const auto& slot : slots) out.push_back(read_slot(slot));
  return out;
}
void write_all(const Slots& slots, Values::const_iterator next) {
  for (const auto& slot : slots) write_slot(slot, *next++);
}

Values parameters_like(const Values& values) {
  Values out;
  for (const Value& v : values) out.push_back(ir::parameter(v.spec()));
  return out;
}
// Parameters for more outer values, which the graph does not read, before its parameter `at`.
void add_unread(ir::Graph& graph, std::size_t at, const Values& outer) {
  const Values more = parameters_like(outer);
  graph.parameters.insert(graph.parameters.begin() + static_cast<std::ptrdiff_t>(at), more.begin(), more.end());
}

// Inside of a trace: parameters for a state, in its form.
TensorNest parameters_for(Trace& trace, const TensorNest& structure, const Values& state) {
  Values own;
  for (const Value& v : state) own.push_back(trace.parameter(v.spec()));
  auto next = own.cbegin();
  return filled(structure, next);
}

// What a loop carries. A number takes the dtype that the body makes of it, so the body may have to be traced again.
struct State {
  const char* function;
  TensorNest init;
  Values values;

  State(const char* f, const TensorNest& nest) : function(f), init(nest) {
    check_computed(f, nest);
    nest.visit([&](const Tensor& t) {
      if (t.exists()) values.push_back(t.value());
    });
  }
  // The values after a step; nothing where a number had to change its dtype.
  std::optional<Values> after(const TensorNest& step) {
    check_computed(function, step);
    if (!same_structure(init, step)) refuse(step);
    const auto before = init.flatten(), then = step.flatten();
    Values out;
    bool settled = true;
    for (std::size_t i = 0, k = 0; i < before.size(); ++i) {
      if (before[i].exists() != then[i].exists()) refuse(step);
      if (!before[i].exists()) continue;
      Value& now = values[k++];
      const DType wanted = then[i].is_number() ? common_dtype({&then[i]}, {now.dtype(), false}) : then[i].dtype();
      if (wanted != now.dtype()) {
        if (!before[i].is_number()) refuse(step);
        now = as_dtype(before[i], wanted);
        settled = false;
      } else {
        if (!compatible(now.shape(), then[i].shape())) refuse(step);
        out.push_back(as_dtype(then[i], wanted));
      }
    }
    return settled ? std::optional(out) : std::nullopt;
  }

 private:
  [[noreturn]] void refuse(const TensorNest& step) const {
    throw error<ValueError>(
        "The function given to `{}` must return a state of the structure, shapes and dtypes that it receives. It received {} and "
        "returned {}.",
        function, text(init), text(step));
  }
};

// --- cond ---

constinit const ControlFunction cond_function{"cond", "Cond"};

// Both branches' results in one dtype each.
void unify(const TensorNest& yes, const TensorNest& no, Values& yes_values, Values& no_values) {
  const auto differ = [&] {
    return error<ValueError>(
        "`true_fn` and `false_fn` should return outputs of the same kind (struct, dtype and shape). Got {} and {} instead.",
        text(yes), text(no));
  };
  if (!same_structure(yes, no)) throw differ();
  const auto a = yes.flatten(), b = no.flatten();
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].exists() != b[i].exists()) throw differ();
    if (!a[i].exists()) continue;
    const bool number = a[i].is_number() || b[i].is_number();
    const DType dtype = number ? common_dtype({&a[i], &b[i]}) : a[i].dtype();
    const auto fits = [&](const Tensor& t) { return t.is_number() || t.dtype() == dtype; };
    if (!fits(a[i]) || !fits(b[i]) || !compatible(a[i].shape(), b[i].shape())) throw differ();
    yes_values.push_back(as_dtype(a[i], dtype));
    no_values.push_back(as_dtype(b[i], dtype));
  }
}

TensorNest compute_cond(const Tensor& pred, const Branch& true_fn, const Branch& false_fn) {
  if (pred.rank() != 0) throw error<ValueError>("`pred` of `cond` must be a scalar. Received: shape={}", to_string(pred.shape()));
  Trace true_trace(Trace::Kind::body);
  const TensorNest yes = true_fn();
  true_trace.end();
  Trace false_trace(Trace::Kind::body);
  const TensorNest no = false_fn();
  false_trace.end();
  check_computed("cond", yes);
  check_computed("cond", no);
  Values yes_values, no_values;
  unify(yes, no, yes_values, no_values);

  const Slots slots = joined(true_trace.assigned(), false_trace.assigned());
  if (yes_values.empty() && slots.empty()) return yes;
  Values operands, others;
  ir::Graph then_branch = true_trace.finish_body(yes_values, slots, operands);
  ir::Graph else_branch = false_trace.finish_body(no_values, slots, others);
  add_unread(then_branch, operands.size(), others);
  add_unread(else_branch, 0, operands);
  append(operands, others);
  append(operands, read_all(slots));
  const Values out = low::cond(in_bool(pred), std::move(then_branch), std::move(else_branch), std::move(operands));
  auto next = out.cbegin();
  const TensorNest result = filled(yes, next);
  write_all(slots, next);
  return result;
}

// --- while_loop ---

constinit const ControlFunction while_loop_function{"while_loop", "WhileLoop"};

TensorNest compute_while_loop(const StateFunction& cond, const StateFunction& body, const TensorNest& loop_vars,
                              const WhileLoopArgs& args) {
  State state("while_loop", loop_vars);
  std::optional<Trace> body_trace;
  std::optional<Values> after;
  while (!after) {
    body_trace.reset();
    body_trace.emplace(Trace::Kind::body);
    after = state.after(body(parameters_for(*body_trace, loop_vars, state.values)));
    body_trace->end();
  }
  Trace cond_trace(Trace::Kind::body);
  const TensorNest answer = cond(parameters_for(cond_trace, loop_vars, state.values));
  cond_trace.end();
  check_computed("while_loop", answer);
  if (!answer.is_leaf() || !answer.leaf().exists() || answer.leaf().rank() != 0)
    throw error<ValueError>("`cond` of `while_loop` must return a scalar. Received: {}", text(answer));
  if (!cond_trace.assigned().empty())
    throw ValueError("`cond` of `while_loop` must not assign variables. Assign them in `body`.");

  // The state is the assigned variables, then the loop's own.
  const Slots slots = body_trace->assigned();
  Values operands, others;
  ir::Graph condition = cond_trace.finish_body({in_bool(answer.leaf())}, slots, others);
  condition.results.resize(1);
  ir::Graph step = body_trace->finish_body(*after, slots, operands);
  std::rotate(step.results.begin(), step.results.begin() + static_cast<std::ptrdiff_t>(after->size()), step.results.end());
  add_unread(step, operands.size(), others);
  add_unread(condition, 0, operands);
  append(operands, others);
  append(operands, read_all(slots));
  append(operands, state.values);
  if (step.results.empty()) return loop_vars;
  const Values out = low::while_loop(std::move(condition), std::move(step), std::move(operands), args.maximum_iterations);
  write_all(slots, out.begin());
  auto next = out.cbegin() + static_cast<std::ptrdiff_t>(slots.size());
  return filled(loop_vars, next);
}

// --- scan ---

constinit const ControlFunction scan_function{"scan", "Scan"};

int64_t length_of(const TensorNest& xs, const ScanArgs& args) {
  std::optional<int64_t> length = args.length;
  xs.visit([&](const Tensor& x) {
    if (!x.exists()) return;
    if (x.rank() == 0) throw ValueError("`scan` goes along the first axis of `xs`. Received a scalar.");
    int64_t merged = length.value_or(Shape::kUnknown);
    if (!merge_dims(merged, x.shape()[0], merged))
      throw error<ValueError>(
          "`scan` got values with different leading axis sizes, or another `length`. Received: xs={}, length={}", text(xs),
          args.length ? std::to_string(*args.length) : "None");
    length = merged;
  });
  if (!length) throw ValueError("`scan` got no values to scan over, and `length` is not provided.");
  if (args.length && *args.length < 0)
    throw error<ValueError>("`length` of `scan` must not be negative. Received: length={}", *args.length);
  return *length;
}

TensorNest compute_scan(const ScanFunction& f, const TensorNest& init, const TensorNest& xs, const ScanArgs& args) {
  const int64_t length = length_of(xs, args);
  State state("scan", init);
  Values sequences, slices;
  xs.visit([&](const Tensor& x) {
    if (!x.exists()) return;
    sequences.push_back(x.value());
    slices.push_back(ir::parameter({x.dtype(), Shape(std::vector<int64_t>(x.shape().begin() + 1, x.shape().end()))}));
  });
  std::optional<Trace> trace;
  std::optional<Values> results;
  TensorNest y;
  while (!results) {
    trace.reset();
    trace.emplace(Trace::Kind::body);
    const TensorNest carry = parameters_for(*trace, init, state.values), x = parameters_for(*trace, xs, slices);
    TensorNest next;
    std::tie(next, y) = f(carry, x);
    trace->end();
    results = state.after(next);
  }
  check_computed("scan", y);
  y.visit([&](const Tensor& t) {
    if (t.exists()) results->push_back(t.value());
  });

  // The carries are the assigned variables, then the loop's own.
  const Slots slots = trace->assigned();
  Values operands;
  const std::size_t stacked = results->size();
  ir::Graph body = trace->finish_body(*results, slots, operands);
  std::rotate(body.results.begin(), body.results.begin() + static_cast<std::ptrdiff_t>(stacked), body.results.end());
  append(operands, read_all(slots));
  append(operands, state.values);
  append(operands, sequences);
  if (body.results.empty()) return TensorNest::List{init, y};
  const auto carries = static_cast<int64_t>(slots.size() + state.values.size());
  const Values out = low::scan(
      std::move(body), std::move(operands),
      {.carries = carries, .sequences = static_cast<int64_t>(sequences.size()), .length = length, .reverse = args.reverse});
  write_all(slots, out.begin());
  auto next = out.cbegin() + static_cast<std::ptrdiff_t>(slots.size());
  TensorNest last = filled(init, next);
  return TensorNest::List{std::move(last), filled(y, next)};
}

constexpr const FunctionRecord* kControlFunctions[] = {&cond_function, &while_loop_function, &scan_function};

}  // namespace

FunctionList control_functions() { return kControlFunctions; }

namespace nests {

using Operands = std::vector<TensorNest>;

TensorNest cond(const Tensor& pred, const Branch& true_fn, const Branch& false_fn) {
  return cond_function({pred}, [=](const Operands& in) { return compute_cond(in[0].leaf(), true_fn, false_fn); });
}
TensorNest while_loop(const StateFunction& cond, const StateFunction& body, const TensorNest& loop_vars,
                      const WhileLoopArgs& args) {
  if (args.maximum_iterations && *args.maximum_iterations < 0)
    throw error<ValueError>("`maximum_iterations` must not be negative. Received: maximum_iterations={}",
                            *args.maximum_iterations);
  return while_loop_function({loop_vars}, [=](const Operands& in) { return compute_while_loop(cond, body, in[0], args); });
}
std::pair<TensorNest, TensorNest> scan(const ScanFunction& f, const TensorNest& init, const TensorNest& xs,
                                       const ScanArgs& args) {
  if (args.unroll < 1)
    throw error<ValueError>("`unroll` must be an positive integer or boolean. Received: unroll={}", args.unroll);
  const TensorNest both = scan_function({init, xs}, [=](const Operands& in) { return compute_scan(f, in[0], in[1], args); });
  return {both.list()[0], both.list()[1]};
}

}  // namespace nests
}  // namespace cornu::keras::ops

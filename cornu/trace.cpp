#include "cornu/trace.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>
#include <utility>

#include "cornu/exec/counters.h"
#include "cornu/exec/eager.h"
#include "cornu/ir/leaf.h"
#include "cornu/ops/pointwise.h"

namespace cornu {
namespace {

thread_local Trace* current_trace = nullptr;

}  // namespace

Trace::Trace(Kind kind) : kind_(kind), parent_(current_trace), born_(ir::parameter({float32, {}})->sequence()) {
  current_trace = this;
  if (kind_ == Kind::function && !parent_) exec::counters().traces++;
}
Trace::~Trace() { end(); }
Trace* Trace::current() { return current_trace; }
void Trace::end() {
  if (!std::exchange(ended_, true)) current_trace = parent_;
}

ir::Value read_slot(const std::shared_ptr<exec::Slot>& slot) {
  return current_trace ? current_trace->read(slot) : ir::data(slot->spec(), slot->snapshot());
}
void write_slot(const std::shared_ptr<exec::Slot>& slot, ir::Value value) {
  if (current_trace) return current_trace->assign(slot, std::move(value));
  exec::evaluate({&value, 1});
  const auto array = exec::array_of(value);
  slot->about_to_be_written();
  std::memmove(slot->memory(), array->bytes(), array->size_bytes());
  slot->was_written();
}

OutsideTrace::OutsideTrace() : suspended_(std::exchange(current_trace, nullptr)) {}
OutsideTrace::~OutsideTrace() { current_trace = suspended_; }

ir::Value Trace::parameter(ir::Spec spec) { return parameters_.emplace_back(ir::parameter(std::move(spec))); }

Trace::State& Trace::state(const std::shared_ptr<exec::Slot>& slot) {
  auto [it, added] = state_of_.emplace(slot.get(), states_.size());
  if (added) {
    ir::Value initial = kind_ == Kind::function && parent_ ? parent_->read(slot) : ir::parameter(slot->spec());
    if (auto* values = exec::ParameterValues::current(); values && !parent_) values->bind(initial, slot->snapshot());
    states_.push_back({slot, initial, initial, {}, false});
  }
  return states_[it->second];
}

ir::Value Trace::read(const std::shared_ptr<exec::Slot>& slot) {
  State& s = state(slot);
  // No gradient passes through an assignment: what is read after it is the variable's, whatever was computed to assign it.
  const ir::Value value = s.assigned && s.now.dtype().is_floating() ? ops::stop_gradient(s.now) : s.now;
  if (std::find(s.reads.begin(), s.reads.end(), value) == s.reads.end()) s.reads.push_back(value);
  return value;
}
std::vector<ir::Value> Trace::reads(const std::shared_ptr<exec::Slot>& slot) {
  State& s = state(slot);
  return s.reads.empty() ? std::vector{s.initial} : s.reads;
}

void Trace::add(HostDecision decision) {
  parent_ ? parent_->add(std::move(decision)) : decisions_.push_back(std::move(decision));
}

bool still_hold(const HostDecisions& decisions) {
  return std::all_of(decisions.begin(), decisions.end(), [](const HostDecision& d) { return d.now() == d.value; });
}
uint64_t decide_on_host(std::function<uint64_t()> now) {
  const uint64_t value = now();
  if (Trace* trace = Trace::current()) trace->add({std::move(now), value});
  return value;
}

void Trace::assign(const std::shared_ptr<exec::Slot>& slot, ir::Value value) {
  State& s = state(slot);
  s.now = std::move(value);
  s.assigned = true;
}

std::vector<std::shared_ptr<exec::Slot>> Trace::assigned() const {
  std::vector<std::shared_ptr<exec::Slot>> out;
  for (const State& s : states_)
    if (s.assigned) out.push_back(s.slot);
  return out;
}

ir::ValueMap<ir::Value> Trace::cut(std::span<const ir::Value> results, std::span<const ir::Value> own,
                                   std::vector<ir::Value>& outside) const {
  const std::unordered_set<ir::Value, ir::ValueHash> inside(own.begin(), own.end());
  auto is_outside = [&](const ir::Value& v) {
    if (inside.count(v) || ir::is_constant(v)) return false;
    return ir::is_leaf(v) || !v->resolved().empty() || v->sequence() < born_;
  };
  ir::ValueMap<ir::Value> parameter_of;
  std::vector<ir::Value> waiting;
  std::unordered_set<ir::Value, ir::ValueHash> seen;
  auto visit = [&](const ir::Value& v) {
    if (v && seen.insert(v).second) waiting.push_back(v);
  };
  for (const auto& v : results) visit(v);
  while (!waiting.empty()) {
    const ir::Value v = waiting.back();
    waiting.pop_back();
    if (is_outside(v)) {
      parameter_of[v] = ir::parameter(v.spec());
      outside.push_back(v);
      continue;
    }
    for (const auto& operand : v->operands()) visit(operand);
  }
  return parameter_of;
}

Traced Trace::finish(const std::vector<ir::Value>& results) {
  CORNU_CHECK(!parent_, "An inner trace ends in finish_body.");
  Traced out;
  auto all = results;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    out.variables.push_back(states_[i].slot);
    if (!states_[i].assigned) continue;
    out.function.writes.push_back(static_cast<int>(i));
    all.push_back(states_[i].now);
  }
  auto& graph = out.function.graph;
  graph.parameters = parameters_;
  for (const State& s : states_) graph.parameters.push_back(s.initial);
  std::vector<ir::Value> outside;
  const auto replaced = cut(all, graph.parameters, outside);
  {
    const OutsideTrace pause;
    exec::evaluate(outside);
  }

  for (const auto& v : outside) {
    graph.parameters.push_back(replaced.at(v));
    out.captures.push_back(exec::array_of(v));
  }
  graph.results = ir::rewritten(all, nullptr, replaced);
  out.function.inputs = static_cast<int>(parameters_.size());
  out.function.variables = static_cast<int>(states_.size());
  out.function.captures = static_cast<int>(outside.size());
  out.decisions = std::move(decisions_);
  return out;
}

ir::Graph Trace::finish_body(const std::vector<ir::Value>& results, const std::vector<std::shared_ptr<exec::Slot>>& carried,
                             std::vector<ir::Value>& outer) {
  end();
  auto all = results;
  std::vector<ir::Value> own;
  for (const auto& slot : carried) {
    all.push_back(read(slot));
    own.push_back(state(slot).initial);
  }
  own.insert(own.end(), parameters_.begin(), parameters_.end());
  const auto replaced = cut(all, own, outer);
  ir::Graph graph;
  for (const auto& v : outer) graph.parameters.push_back(replaced.at(v));
  graph.parameters.insert(graph.parameters.end(), own.begin(), own.end());
  graph.results = ir::rewritten(all, nullptr, replaced);
  // A variable that is not carried keeps its value: that of the surroundings.
  for (auto& v : outer)
    for (const State& s : states_)
      if (v == s.initial) v = read_slot(s.slot);
  return graph;
}

}  // namespace cornu

#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "cornu/exec/slot.h"
#include "cornu/ir/graph.h"
#include "cornu/plan/program.h"

namespace cornu {

// A traced function with its state.
struct Traced {
  plan::Function function;
  std::vector<std::shared_ptr<exec::Slot>> variables;
  std::vector<std::shared_ptr<devices::Array>> captures;
};

// A function being turned into a graph: while one is current on this thread, a variable's read gives its value so far in the
// trace and `assign` replaces it. Traces nest: the body of a loop is a trace inside another.
class Trace {
 public:
  Trace();
  ~Trace();
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;
  static Trace* current();

  ir::Value parameter(ir::Spec spec);
  ir::Value read(const std::shared_ptr<exec::Slot>& slot);
  void assign(const std::shared_ptr<exec::Slot>& slot, ir::Value value);
  // The value that was read last, before any later `assign`: what a gradient with respect to the variable is taken of.
  ir::Value last_read(const std::shared_ptr<exec::Slot>& slot);
  std::vector<std::shared_ptr<exec::Slot>> assigned() const;

  // An outermost trace ends: results, then the new values of what was assigned. What was computed outside becomes captured
  // memory.
  Traced finish(const std::vector<ir::Value>& results);
  // An inner trace ends: a graph whose parameters are the outer values it uses (given back in `outer`), then its own.
  ir::Graph finish_body(const std::vector<ir::Value>& results, std::vector<ir::Value>& outer);

 private:
  struct State {
    std::shared_ptr<exec::Slot> slot;
    ir::Value initial, now, last_read;
    bool assigned = false;
  };
  State& state(const std::shared_ptr<exec::Slot>& slot);
  // The values from outside that the results need, and a parameter for each.
  ir::ValueMap<ir::Value> cut(std::span<const ir::Value> results, std::vector<ir::Value>& outside) const;

  Trace* parent_;
  uint64_t born_;  // nodes of a smaller sequence come from outside
  std::vector<ir::Value> parameters_;
  std::vector<State> states_;
  std::unordered_map<const exec::Slot*, std::size_t> state_of_;
};

// While it lives, no trace is current on this thread: weights are made outside of the step that first needs them.
class OutsideTrace {
 public:
  OutsideTrace();
  ~OutsideTrace();
  OutsideTrace(const OutsideTrace&) = delete;
  OutsideTrace& operator=(const OutsideTrace&) = delete;

 private:
  Trace* suspended_;
};

}  // namespace cornu

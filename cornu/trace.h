#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "cornu/exec/slot.h"
#include "cornu/ir/graph.h"
#include "cornu/plan/program.h"

namespace cornu {

// What the host decided while a function was traced, such as whether an optimizer that accumulates gradients updates this time: the
// program is of use while `now` gives the same.
struct HostDecision {
  std::function<uint64_t()> now;
  uint64_t value;
};
using HostDecisions = std::vector<HostDecision>;
bool still_hold(const HostDecisions& decisions);
// Decides, and lets the trace know if there is one.
uint64_t decide_on_host(std::function<uint64_t()> now);

// A traced function with its state.
struct Traced {
  plan::Function function;
  std::vector<std::shared_ptr<exec::Slot>> variables;
  std::vector<std::shared_ptr<devices::Array>> captures;
  HostDecisions decisions;
};

// A function being turned into a graph: while one is current on this thread, a variable's read gives its value so far in the
// trace and `assign` replaces it. Traces nest: the body of a loop is a trace inside another.
class Trace {
 public:
  // A body is a loop's or a branch's: it may read what lies around it, and nothing has to be traced there.
  enum class Kind { function, body };
  explicit Trace(Kind kind = Kind::function);
  ~Trace();
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;
  static Trace* current();
  bool is_body() const { return kind_ == Kind::body; }
  void end();  // the trace around it, if there is one, is current again

  ir::Value parameter(ir::Spec spec);
  ir::Value read(const std::shared_ptr<exec::Slot>& slot);
  void assign(const std::shared_ptr<exec::Slot>& slot, ir::Value value);
  // Every value that was read: a gradient with respect to the variable is the sum of theirs.
  std::vector<ir::Value> reads(const std::shared_ptr<exec::Slot>& slot);
  void add(HostDecision decision);
  std::vector<std::shared_ptr<exec::Slot>> assigned() const;

  // An outermost trace ends: results, then the new values of what was assigned. What was computed outside becomes captured
  // memory.
  Traced finish(const std::vector<ir::Value>& results);
  // A body ends: a graph whose parameters are the outer values it uses (given back in `outer`), the variables `carried` as they
  // are before it, then its own; and whose results are `results`, then these variables after it.
  ir::Graph finish_body(const std::vector<ir::Value>& results, const std::vector<std::shared_ptr<exec::Slot>>& carried,
                        std::vector<ir::Value>& outer);

 private:
  struct State {
    std::shared_ptr<exec::Slot> slot;
    ir::Value initial, now;
    std::vector<ir::Value> reads;
    bool assigned = false;
  };
  State& state(const std::shared_ptr<exec::Slot>& slot);
  // The values from outside that the results need, and a parameter for each; `own` stand for no value from outside.
  ir::ValueMap<ir::Value> cut(std::span<const ir::Value> results, std::span<const ir::Value> own,
                              std::vector<ir::Value>& outside) const;

  Kind kind_;
  bool ended_ = false;
  Trace* parent_;
  uint64_t born_;  // nodes of a smaller sequence come from outside
  std::vector<ir::Value> parameters_;
  std::vector<State> states_;
  HostDecisions decisions_;
  std::unordered_map<const exec::Slot*, std::size_t> state_of_;
};

// A variable's value, and a new one, where we are: in the current trace, or in memory.
ir::Value read_slot(const std::shared_ptr<exec::Slot>& slot);
void write_slot(const std::shared_ptr<exec::Slot>& slot, ir::Value value);

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

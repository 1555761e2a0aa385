#pragma once

#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "cornu/device/array.h"
#include "cornu/ir/node.h"

namespace cornu::exec {

// The memory of a value that needs no computing: a data leaf, or the result of an earlier evaluation. Null otherwise.
std::shared_ptr<devices::Array> array_of(const ir::Value& value);

// Computes values now, in one program; afterwards array_of answers for each. Numbers in the graph become inputs, so that a loop
// over numbers compiles once. Throws RuntimeError when a value depends on a parameter of a trace.
void evaluate(std::span<const ir::Value> values);
// Held by who walks a graph that other threads may be evaluating.
std::unique_lock<std::mutex> hold_graphs();

// While it lives, parameters of traces on this thread have values: what is computed from them can be read in the middle of a
// trace. What was read keeps its value afterwards.
class ParameterValues {
 public:
  ParameterValues();
  ~ParameterValues();
  ParameterValues(const ParameterValues&) = delete;
  ParameterValues& operator=(const ParameterValues&) = delete;
  static ParameterValues* current();
  void bind(const ir::Value& parameter, std::shared_ptr<devices::Array> array) { keep(parameter, {std::move(array)}); }
  // The results of a value's node.
  void keep(const ir::Value& value, std::vector<std::shared_ptr<ir::Data>> results);
  std::shared_ptr<devices::Array> find(const ir::Value& value) const;

 private:
  struct Known {
    ir::Value value;  // keeps the node
    std::vector<std::shared_ptr<ir::Data>> results;
  };
  ParameterValues* outer_;
  std::unordered_map<const ir::Node*, Known> known_;
};

}  // namespace cornu::exec

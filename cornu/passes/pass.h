#pragma once

#include <string>
#include <vector>

#include "cornu/ir/graph.h"
#include "cornu/target/target.h"

namespace cornu::passes {

// A value that is made once of what stays is kept for the next runs if it has no more bytes: each runner of a program has its own.
inline constexpr int64_t kMostKept = 1 << 20;

// What a graph is compiled for.
struct Context {
  const Target& target;
  std::unordered_set<ir::Value, ir::ValueHash> lasting;  // parameters that stay from run to run: variables that it does not write
};

// A step from graph to graph. Each can be switched off by name: CORNU_PASSES=-simplify,-fuse.
struct Pass {
  const char* name;
  ir::Graph (*run)(const ir::Graph& graph, const Context& context);
  bool required = false;  // later stages need it
};

ir::Graph merge_scans(const ir::Graph& graph, const Context& context);  // one loop where two differ in what they stack
ir::Graph simplify(const ir::Graph& graph, const Context& context);     // algebra that changes no number
ir::Graph fold_scales(const ir::Graph& graph,
                      const Context& context);  // a weight takes the scale of what it makes, once for all runs
ir::Graph filters_first(const ir::Graph& graph,
                        const Context& context);                   // where a card's convolutions want their kernels to lie so
ir::Graph select(const ir::Graph& graph, const Context& context);  // keep a coarse op for a lowering, or decompose it
ir::Graph materialize(const ir::Graph& graph, const Context& context);  // strided views that must lie in plain memory

bool is_enabled(const char* pass);

// Writes what a compilation does to $CORNU_DUMP/NAME-NN-STAGE.{txt,dot}; does nothing when that is not set.
class Dump {
 public:
  explicit Dump(const std::string& name);
  void graph(const char* stage, const ir::Graph& graph);
  void text(const char* stage, const std::string& text);

 private:
  std::string prefix_;
  int next_ = 0;
};

// All passes in order, each timed, verified in debug builds, and dumped.
ir::Graph run_pipeline(ir::Graph graph, const Context& context, Dump& dump);

}  // namespace cornu::passes

#pragma once

#include <optional>

#include "cornu/ir/graph.h"
#include "cornu/ops/pointwise.h"

namespace cornu::ir {
struct Lowering;
}

// Ops that run functions. A function is a graph in an attribute; what it reads from around it are operands and parameters like
// its others. The builders keep their graphs apart from every other (see body.h) and give one value an output.

namespace cornu::ops {

// Operand 0, a bool scalar, says which of two functions of the other operands is run. Both give results of the same specs.
struct CondAttributes {
  ir::GraphPtr then_branch, else_branch;
};
extern const OpDef cond_op;
std::vector<Value> cond(const Value& pred, ir::Graph then_branch, ir::Graph else_branch, std::vector<Value> operands);

// The operands are constants, then the state. While `condition` of all of them is true (a bool scalar), and no more often than
// `maximum_iterations`, the state becomes `body` of all of them; its last value is the result. Only with a maximum is there a
// gradient: reverse mode goes back through all steps and must know how many there may be.
struct WhileLoopAttributes {
  ir::GraphPtr condition, body;
  std::optional<int64_t> maximum_iterations;
};
extern const OpDef while_loop_op;
std::vector<Value> while_loop(ir::Graph condition, ir::Graph body, std::vector<Value> operands,
                              std::optional<int64_t> maximum_iterations = {});

// The operands are constants, then `carries`, then `sequences`. Along the first axis of the sequences (from its end where
// `reverse`) body(constants, carries, a slice of each sequence) gives the next carries and a slice of each stacked result. The
// results are the last carries, then the stacked ones, whose slice i belongs to slice i of the sequences.
struct ScanAttributes {
  ir::GraphPtr body;
  int64_t carries = 0, sequences = 0;
  int64_t length = 0;  // unknown only while a model is described
  bool reverse = false;
};
extern const OpDef scan_op;
std::vector<Value> scan(ir::Graph body, std::vector<Value> operands,
                        const ScanAttributes& sizes);  // the attributes but for the body

std::span<const ir::Lowering> cond_lowerings();
std::span<const ir::Lowering> while_loop_lowerings();
std::span<const ir::Lowering> scan_lowerings();

}  // namespace cornu::ops

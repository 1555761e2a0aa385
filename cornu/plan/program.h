#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cornu/ir/lowering.h"

namespace cornu::plan {

// A traced function with its state named by number: parameters are the inputs, then the variables, then captured memory;
// results are what the caller gets, then the new value of each written variable.
struct Function {
  ir::Graph graph;
  int inputs = 0, variables = 0, captures = 0;
  std::vector<int> writes;  // the variable that each extra result replaces

  int results() const { return static_cast<int>(graph.results.size() - writes.size()); }
};

// Where an operand of a step lies.
enum class Where : uint8_t { input, variable, capture, result, form, scratch, kept };
struct Location {
  Where where = Where::scratch;
  int index = 0;       // of the input, variable, capture, result or form
  int64_t offset = 0;  // bytes; within the stream's arena for scratch, within the runner's own memory for kept
  friend bool operator==(const Location&, const Location&) = default;
};

struct Step {
  std::shared_ptr<const ir::Kernel> kernel;
  std::vector<Location> operands;
  std::vector<int64_t> bytes;  // of each operand
  int inputs = 0;              // the first operands; the others are outputs
  int64_t scratch = 0;         // the kernel's own, within the arena
  bool writes_state = false;   // does nothing while the status word is set
};

// A variable that the program does not write, in another form: see ir::Preparation.
struct VariableForm {
  int variable;
  std::string key;
  int64_t bytes;
  std::shared_ptr<const ir::Kernel> kernel;
};

// What runs: kernels in order with planned addresses. Immutable; shared by every model of equal structure.
struct Program {
  std::string name;  // of the function, for the eye
  Target target;     // what it was compiled for
  std::vector<ir::Spec> inputs, variables, captures, results;
  std::vector<int> writes;
  std::vector<Step> steps;
  std::vector<VariableForm> forms;
  // The first steps are settled: they read only variables that this program does not write, and captured memory, and what they make is
  // small. What others read of it is kept from run to run; they run again when one of these variables has been written.
  int settled_steps = 0;
  std::vector<int> settled_variables;
  int64_t scratch_bytes = 0, kept_bytes = 0;
  bool may_set_status = false;
  std::string text() const;  // one line a step
};

// Every pass from traced graph to steps. `name` labels the dump (CORNU_DUMP).
std::shared_ptr<const Program> compile(const Function& function, const Target& target, const std::string& name);

}  // namespace cornu::plan

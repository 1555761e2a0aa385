#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cornu/base/json.h"
#include "cornu/function.h"

namespace cornu::keras {

class Operation;

// What a layer or op was called with. Numbers in a nest are numbers in a file; `settings` are keyword arguments that are no
// tensors ("training", "axis").
struct Arguments {
  std::vector<TensorNest> positional;
  std::vector<std::pair<std::string, TensorNest>> keywords;
  std::vector<std::pair<std::string, bool>> settings;

  Arguments() = default;
  Arguments(TensorNest first) { positional.push_back(std::move(first)); }
  const TensorNest& first() const;
  const TensorNest* keyword(std::string_view name) const;  // null when absent
  // All tensors, positional first; numbers included.
  std::vector<Tensor> tensors() const;
  std::optional<bool> training() const;  // where it was given
  // The same call with each tensor replaced, in the order of tensors().
  Arguments with(const std::vector<Tensor>& tensors) const;
};

// One call of an operation on symbolic tensors.
struct OperationNode {
  std::shared_ptr<Operation> operation;
  int index = 0;  // among the operation's calls
  Arguments arguments;
  TensorNest outputs;  // structure and specs; its leaves are symbolic tensors without this node (no cycle)
  bool is_input() const { return arguments.positional.empty() && arguments.keywords.empty(); }
};

// An intermediate of a model that is being described: output `tensor_index` of a node. Never merged with an equal one: `d(x)`
// twice is two nodes of config.json.
struct SymbolicTensor {
  std::shared_ptr<const OperationNode> node;
  int tensor_index = 0;
  std::string name;
};

// Something that stands in a model's graph: a layer, or a function of keras.ops.
class CORNU_API Operation : public std::enable_shared_from_this<Operation> {
 public:
  virtual ~Operation() = default;
  const std::string& name() const { return name_; }
  uint64_t id() const { return id_; }  // no other operation of this process has it, as one may have a dead one's address
  // Keras's class and the public module it is found under: "Dense", "keras.layers".
  virtual std::string class_name() const = 0;
  virtual std::string module_name() const = 0;
  // What `registered_name` says in files; empty is null (Keras's own classes).
  virtual std::string registered_name() const { return ""; }
  virtual Json get_config() const;

  // Computes on tensors, or describes a node when one of them is symbolic.
  TensorNest apply(const Arguments& arguments);
  // The shapes that the last call on symbolic tensors gave; empty before one.
  const std::optional<Nest<Shape>>& output_shapes() const { return output_shapes_; }

 protected:
  explicit Operation(std::string name) : name_(std::move(name)) {}
  virtual TensorNest compute(const Arguments& arguments) = 0;
  // Called before the first compute, also before a symbolic one.
  virtual void prepare(const Arguments&) {}
  void set_name(std::string name) { name_ = std::move(name); }
  // What a call gives, found by running it on values that have specs only: symbolic tensors that belong to no node.
  TensorNest specs_of(const Arguments& arguments);

 private:
  friend Tensor symbolic_input(std::shared_ptr<Operation> operation, ir::Spec spec, std::string name);
  TensorNest describe(const Arguments& arguments);
  static uint64_t next_id();
  std::string name_;
  const uint64_t id_ = next_id();
  int nodes_ = 0;
  std::optional<Nest<Shape>> output_shapes_;
};

// The tensor of an input layer.
Tensor symbolic_input(std::shared_ptr<Operation> operation, ir::Spec spec, std::string name);

bool any_symbolic(const Arguments& arguments);

// Keras's automatic names: "dense", "dense_1", ... within the process; reset by utils::clear_session.
CORNU_API std::string auto_name(const std::string& class_name);
CORNU_API std::string to_snake_case(const std::string& class_name);
CORNU_API void reset_names();

}  // namespace cornu::keras

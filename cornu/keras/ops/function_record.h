#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "cornu/ir/node.h"
#include "cornu/keras/ops/operation.h"
#include "cornu/keras/saving/json_fields.h"

// A function of keras.ops is one record: its names in Keras, its arguments, its computation. The record is called with values
// (and computes), with symbolic tensors (and becomes a node of a model), and by name (when a file is read).

namespace cornu::keras::ops {

class FunctionRecord;

// A call of a function that stands in a model's graph and in config.json.
class CORNU_API FunctionOperation : public Operation {
 public:
  const FunctionRecord& function() const { return function_; }
  std::string class_name() const override;
  std::string module_name() const override;
  std::string registered_name() const override { return class_name(); }
  // Adds what a file writes beside the tensors in `args` and `kwargs`: see FunctionRecord::call_field.
  virtual void add_call_arguments(Json& args, Json& kwargs) const = 0;

 protected:
  FunctionOperation(const FunctionRecord& function, std::string name) : Operation(std::move(name)), function_(function) {}

 private:
  const FunctionRecord& function_;
};

// An argument that is no tensor, and that Keras passes when it calls the node, not when it makes it.
struct CallField {
  std::string_view name;
  bool is_keyword = false;  // in `kwargs`; else the argument after the tensors
};

class CORNU_API FunctionRecord {
 public:
  std::string_view name;        // "multiply": keras.ops.multiply
  std::string_view class_name;  // "Multiply"; empty for a function that never stands in a graph
  std::string_view module;      // "keras.src.ops.numpy", as Keras's files say
  int tensors;                  // positional arguments that are tensors, or lists of them; -1: all
  CallField call_field;

  // The operation that a file describes: the constructor's arguments in `config`, the call's in `args` and `kwargs` (where
  // only what is no tensor matters). ValueError names the key that is wrong.
  virtual std::shared_ptr<FunctionOperation> make(const Json& config, const Json& args, const Json& kwargs) const = 0;
  // "keras.ops.multiply", "keras.ops.numpy.multiply".
  std::vector<std::string> symbols() const;

 protected:
  constexpr FunctionRecord(std::string_view n, std::string_view c, std::string_view m, int t, CallField f)
      : name(n), class_name(c), module(m), tensors(t), call_field(f) {}
  ~FunctionRecord() = default;
};

// Every function of keras.ops. Null where none has the name.
CORNU_API std::vector<const FunctionRecord*> all_functions();
CORNU_API const FunctionRecord* find_function(std::string_view name);
CORNU_API const FunctionRecord* find_function_class(std::string_view class_name);

struct NoArgs {};
// The last operand of a function that takes any number of tensors, one by one.
struct Rest {
  std::vector<Tensor> tensors;
};

namespace detail {

inline bool is_symbolic(const Tensor& t) { return t.is_symbolic(); }
inline bool is_symbolic(const std::vector<Tensor>& list) {
  return std::any_of(list.begin(), list.end(), [](const Tensor& t) { return t.is_symbolic(); });
}
inline bool is_symbolic(const Rest& rest) { return is_symbolic(rest.tensors); }

inline void add_to(std::vector<TensorNest>& positional, const Tensor& t) { positional.emplace_back(t); }
inline void add_to(std::vector<TensorNest>& positional, const std::vector<Tensor>& list) { positional.emplace_back(list); }
inline void add_to(std::vector<TensorNest>& positional, const Rest& rest) {
  for (const Tensor& t : rest.tensors) positional.emplace_back(t);
}

// Operand `index` of a call; what is missing at the end is no tensor.
template <class Operand>
Operand operand(const std::vector<TensorNest>& positional, std::size_t index) {
  if constexpr (std::is_same_v<Operand, Rest>) {
    Rest rest;
    for (; index < positional.size(); ++index) rest.tensors.push_back(positional[index].leaf());
    return rest;
  } else if constexpr (std::is_same_v<Operand, Tensor>) {
    return index < positional.size() ? positional[index].leaf() : Tensor();
  } else {
    return index < positional.size() ? positional[index].flatten() : std::vector<Tensor>();
  }
}

inline Tensor as_tensor(ir::Value value) { return Tensor(std::move(value)); }
inline Tensor as_tensor(Tensor tensor) { return tensor; }
inline std::vector<Tensor> as_tensor(std::vector<Tensor> tensors) { return tensors; }
inline std::vector<Tensor> as_tensor(const std::vector<ir::Value>& values) {
  std::vector<Tensor> out;
  for (const ir::Value& v : values) out.emplace_back(v);
  return out;
}

}  // namespace detail

// A function whose arguments a file can hold. What depends on their type is three small functions; the rest is compiled
// once.
class CORNU_API DescribedFunction : public FunctionRecord {
 public:
  std::shared_ptr<FunctionOperation> make(const Json& config, const Json& args, const Json& kwargs) const final;

 protected:
  using FunctionRecord::FunctionRecord;
  ~DescribedFunction() = default;
  // A node of a model's graph.
  TensorNest describe(std::shared_ptr<const void> arguments, std::vector<TensorNest> operands) const;

 private:
  class Call;
  virtual TensorNest compute(const void* arguments, const std::vector<TensorNest>& operands) const = 0;
  virtual void write_arguments(const void* arguments, Json& config) const = 0;
  virtual std::shared_ptr<const void> read_arguments(const Json& config) const = 0;
};

// The record of a function whose Keras arguments are `Args` (a plain struct, in Keras's order and with its names and
// defaults) and whose tensors are `Operands`: Tensor, std::vector<Tensor>, or Rest.
//   struct SoftmaxArgs { int axis = -1; };
//   constinit const OpFunction softmax_function{"softmax", "Softmax", "keras.src.ops.nn",
//                                               +[](const SoftmaxArgs& args, const Tensor& x) -> ir::Value { ... }};
//   Tensor softmax(const Tensor& x, int axis) { return softmax_function({axis}, x); }
template <class Args, class Result, class... Operands>
class OpFunction final : public DescribedFunction {
 public:
  using Body = Result (*)(const Args&, const Operands&...);
  constexpr OpFunction(std::string_view name, std::string_view class_name, std::string_view module, Body body,
                       CallField call_field = {})
      : DescribedFunction(name, class_name, module, (std::is_same_v<Operands, Rest> || ...) ? -1 : int(sizeof...(Operands)),
                          call_field),
        body_(body) {}

  auto operator()(const Args& args, const Operands&... operands) const {
    using Out = decltype(detail::as_tensor(std::declval<Result>()));
    if (!(detail::is_symbolic(operands) || ...)) return detail::as_tensor(body_(args, operands...));
    std::vector<TensorNest> positional;
    (detail::add_to(positional, operands), ...);
    return detail::operand<Out>({describe(std::make_shared<const Args>(args), std::move(positional))}, 0);
  }

 private:
  TensorNest compute(const void* arguments, const std::vector<TensorNest>& operands) const override {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return TensorNest(
          detail::as_tensor(body_(*static_cast<const Args*>(arguments), detail::operand<Operands>(operands, I)...)));
    }
    (std::index_sequence_for<Operands...>{});
  }
  void write_arguments(const void* arguments, Json& config) const override {
    saving::write_fields(*static_cast<const Args*>(arguments), config);
  }
  std::shared_ptr<const void> read_arguments(const Json& config) const override {
    auto args = std::make_shared<Args>();
    saving::read_fields(config, *args);
    return args;
  }

  Body body_;
};

// A function that never stands in a graph: it has a name.
class PlainFunction final : public FunctionRecord {
 public:
  constexpr PlainFunction(std::string_view name, std::string_view module) : FunctionRecord(name, "", module, 0, {}) {}
  std::shared_ptr<FunctionOperation> make(const Json&, const Json&, const Json&) const override {
    throw error<ValueError>("`keras.ops.{}` cannot stand in a model's graph.", name);
  }
};

// One list a file of functions; function_record.cpp joins them.
using FunctionList = std::span<const FunctionRecord* const>;
FunctionList numpy_unary_functions();
FunctionList numpy_binary_functions();
FunctionList numpy_reduce_functions();
FunctionList numpy_shape_functions();
FunctionList numpy_creation_functions();
FunctionList numpy_join_functions();
FunctionList numpy_pad_functions();
FunctionList numpy_index_functions();
FunctionList numpy_sort_functions();
FunctionList numpy_product_functions();
FunctionList math_functions();
FunctionList core_functions();
FunctionList control_functions();
FunctionList composed_control_functions();
FunctionList nn_activation_functions();
FunctionList nn_functions();
FunctionList nn_window_functions();
FunctionList norm_functions();

inline constexpr std::string_view kNumpyModule = "keras.src.ops.numpy", kNnModule = "keras.src.ops.nn",
                                  kCoreModule = "keras.src.ops.core", kMathModule = "keras.src.ops.math",
                                  kLinalgModule = "keras.src.ops.linalg";

}  // namespace cornu::keras::ops

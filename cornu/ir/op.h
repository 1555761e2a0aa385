#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "cornu/ir/kernel_program.h"
#include "cornu/ir/node.h"

namespace cornu::ir {

struct Lowering;

// Reverse mode over a graph: autodiff::gradients.
using GradientsFn = std::vector<Value> (*)(std::span<const Value> outputs, std::span<const Value> grads,
                                           std::span<const Value> wrt);

// What a gradient rule sees. A missing gradient (an output nobody differentiated) is an empty Value.
struct VjpArgs {
  const Node& node;
  std::span<const Value> operands;
  std::span<const Value> outputs;
  std::span<const Value> grads;     // one an output; at least one is present
  std::vector<bool> wanted{};       // one an operand: a rule may leave out the others; empty: all
  GradientsFn gradients = nullptr;  // for rules that differentiate the graphs in their attributes
  const Value& operand(int i) const { return operands[i]; }
  const Value& grad() const { return grads[0]; }
  const Value& output() const { return outputs[0]; }
  bool wants(std::size_t i) const { return operands[i].dtype().is_floating() && (wanted.empty() || wanted[i]); }
};

// Plain memory for the reference: dense, row-major.
struct HostOperand {
  Spec spec;
  std::byte* data = nullptr;
  template <class T>
  T* as() const {
    return reinterpret_cast<T*>(data);
  }
  int64_t elements() const { return spec.shape.elements(); }
};

// How a view finds its elements in its operand: element i of an axis lies `strides[axis] * i` elements after `offset`.
struct StridedView {
  int64_t offset = 0;
  std::vector<int64_t> strides;
};

using InferFn = std::function<std::vector<Spec>(const Attributes&, std::span<const Spec>)>;
// One gradient an operand; an empty Value where there is none.
using VjpFn = std::function<std::vector<Value>(const VjpArgs&)>;
using DecomposeFn = std::function<std::vector<Value>(const Attributes&, std::span<const Value>)>;
// Pointwise: appends the op's instructions, returns the result's register.
using EmitFn = std::function<Register(KernelBuilder&, const Attributes&, std::span<const Register>)>;
// The view's strides, given the operand's spec and strides; nothing when it cannot be expressed without a copy.
using ViewFn = std::function<std::optional<StridedView>(const Attributes&, const Spec& operand, const Spec& result,
                                                        const StridedView& base)>;
// Plain loops over dense host memory: the last resort, and what tests compare with.
using ReferenceFn = std::function<void(const Attributes&, std::span<const HostOperand> in, std::span<const HostOperand> out)>;

// A pointwise op that depends on where it is: the strides (elements, one an axis of the result) whose offset at each point is
// given to `emit` as its first register (uint64), before the operands'. iota and random bits are such ops.
using IndexFn = std::function<std::vector<int64_t>(const Attributes&, const Spec& result)>;

// The axes that a reduction removes (or keeps with extent 1) and how it combines.
struct Reduction {
  ReduceKind kind;
  std::vector<int> axes;
};
using ReductionFn = std::function<Reduction(const Attributes&, const Spec& operand)>;

// Everything about an op, in one record. Passes ask the record; nobody switches on an op.
struct OpDef {
  std::string_view name;
  int min_operands = 1, max_operands = 1;  // max -1: any number
  InferFn infer{};                         // the only shape and dtype rule; accepts unknown dims
  VjpFn vjp{};                             // absent: not differentiable
  DecomposeFn decompose{};                 // the same in smaller ops
  EmitFn emit{};                           // pointwise: all operands have the result's shape
  IndexFn index{};                         // pointwise, and depends on the position
  ReductionFn reduction{};                 // a reduction of operand 0
  ViewFn view{};                           // rearranges operand 0 without computing
  ReferenceFn reference{};
  std::span<const Lowering> (*lowerings)() = nullptr;  // in order of preference, of all targets
  bool has_identity = false;                           // never merged with an equal node (barrier)
  bool is_random = false;                              // reads a key
  bool checks_operands = false;                        // may set the status word

  bool is_pointwise() const { return bool(emit); }
  bool is_reduction() const { return bool(reduction); }
  bool is_view() const { return bool(view); }
  bool is_coarse() const { return !emit && !reduction && !view; }
};

// An op written with its own attribute type; `define_op` erases it.
template <class A = NoAttributes>
struct OpSpec {
  std::string_view name;
  int min_operands = 1, max_operands = 1;
  std::vector<Spec> (*infer)(const A&, std::span<const Spec>) = nullptr;
  std::vector<Value> (*vjp)(const A&, const VjpArgs&) = nullptr;
  std::vector<Value> (*decompose)(const A&, std::span<const Value>) = nullptr;
  Register (*emit)(KernelBuilder&, const A&, std::span<const Register>) = nullptr;
  std::vector<int64_t> (*index)(const A&, const Spec& result) = nullptr;
  Reduction (*reduction)(const A&, const Spec&) = nullptr;
  std::optional<StridedView> (*view)(const A&, const Spec& operand, const Spec& result, const StridedView& base) = nullptr;
  void (*reference)(const A&, std::span<const HostOperand> in, std::span<const HostOperand> out) = nullptr;
  std::span<const Lowering> (*lowerings)() = nullptr;
  bool has_identity = false, is_random = false, checks_operands = false;
};

template <class A>
OpDef define_op(OpSpec<A> spec) {
  OpDef out;
  out.name = spec.name;
  out.min_operands = spec.min_operands;
  out.max_operands = spec.max_operands;
  CORNU_CHECK(spec.infer, "`{}` has no shape rule.", spec.name);
  auto of = [](const Attributes& a) -> const A& {
    if constexpr (std::is_same_v<A, NoAttributes>) {
      static const NoAttributes none;
      return none;
    } else {
      return a.as<A>();
    }
  };
  out.infer = [of, f = spec.infer](const Attributes& a, std::span<const Spec> in) { return f(of(a), in); };
  if (spec.vjp) out.vjp = [of, f = spec.vjp](const VjpArgs& v) { return f(of(v.node.attributes()), v); };
  if (spec.decompose)
    out.decompose = [of, f = spec.decompose](const Attributes& a, std::span<const Value> in) { return f(of(a), in); };
  if (spec.emit)
    out.emit = [of, f = spec.emit](KernelBuilder& b, const Attributes& a, std::span<const Register> in) {
      return f(b, of(a), in);
    };
  if (spec.index) out.index = [of, f = spec.index](const Attributes& a, const Spec& s) { return f(of(a), s); };
  if (spec.reduction) out.reduction = [of, f = spec.reduction](const Attributes& a, const Spec& s) { return f(of(a), s); };
  if (spec.view)
    out.view = [of, f = spec.view](const Attributes& a, const Spec& operand, const Spec& result, const StridedView& base) {
      return f(of(a), operand, result, base);
    };
  if (spec.reference)
    out.reference = [of, f = spec.reference](const Attributes& a, std::span<const HostOperand> in,
                                             std::span<const HostOperand> result) { f(of(a), in, result); };
  out.lowerings = spec.lowerings;
  out.has_identity = spec.has_identity;
  out.is_random = spec.is_random;
  out.checks_operands = spec.checks_operands;
  return out;
}

// The first output of an op applied to values.
template <class A>
Value apply(const OpDef& op, A attributes, std::vector<Value> operands) {
  return make_node(op, Attributes::of(std::move(attributes)), std::move(operands))[0];
}
inline Value apply(const OpDef& op, std::vector<Value> operands) { return make_node(op, {}, std::move(operands))[0]; }

}  // namespace cornu::ir

#include <algorithm>

#include "cornu/ir/leaf.h"
#include "cornu/ir/view.h"
#include "cornu/ops/conv/conv.h"
#include "cornu/ops/pad/pad.h"
#include "cornu/ops/reduce/reduce.h"
#include "cornu/ops/view/view.h"
#include "cornu/passes/pass.h"

namespace cornu::passes {
namespace {

using namespace ir;

// A rule looks at a node with its (rewritten) operands and gives the value that takes its place, or nothing.
using Rule = Value (*)(const Node& node, const std::vector<Value>& operands);

// Is `v` one number everywhere, and this one?
bool is_number(const Value& v, double number) {
  const auto base = resolve_view(v).base;
  return is_constant(base) && constant_as_double(base) == number;
}

Value reshape_of_reshape(const Node& node, const std::vector<Value>& operands) {
  if (&node.op() != &ops::reshape_op) return {};
  const Shape& to = node.specs()[0].shape;
  if (operands[0].shape() == to) return operands[0];
  if (&operands[0]->op() == &ops::reshape_op) return ops::reshape(operands[0]->operand(0), to);
  return {};
}

Value transpose_of_transpose(const Node& node, const std::vector<Value>& operands) {
  if (&node.op() != &ops::transpose_op || &operands[0]->op() != &ops::transpose_op) return {};
  const auto& outer = node.attributes<ops::TransposeAttributes>().permutation;
  const auto& inner = operands[0]->attributes<ops::TransposeAttributes>().permutation;
  std::vector<int> both;
  for (int axis : outer) both.push_back(inner[axis]);
  return ops::transpose(operands[0]->operand(0), both);
}

Value neutral_operand(const Node& node, const std::vector<Value>& operands) {
  const OpDef* op = &node.op();
  // x + 0 is no neutral sum for x = -0; it differs in the sign of a zero only, which no Keras result shows, but stays out.
  if ((op == &ops::mul_op && is_number(operands[1], 1)) || (op == &ops::div_op && is_number(operands[1], 1)) ||
      (op == &ops::sub_op && is_number(operands[1], 0)))
    return operands[0];
  if (op == &ops::mul_op && is_number(operands[0], 1)) return operands[1];
  return {};
}

Value cast_to_itself(const Node& node, const std::vector<Value>& operands) {
  if (&node.op() == &ops::cast_op && operands[0].dtype() == node.specs()[0].dtype) return operands[0];
  return {};
}

// Gradients are taken before: there is nothing left to stop.
Value stop_of_gradient(const Node& node, const std::vector<Value>& operands) {
  return &node.op() == &ops::stop_gradient_op ? operands[0] : Value();
}

// A reduction over axes of extent 1 is the operand in another shape.
Value reduction_of_nothing(const Node& node, const std::vector<Value>& operands) {
  if (!node.op().is_reduction() || operands[0].dtype() != node.specs()[0].dtype) return {};
  const auto reduction = node.op().reduction(node.attributes(), operands[0].spec());
  if (reduction.kind == ReduceKind::argmax || reduction.kind == ReduceKind::argmin) return {};
  for (int axis : reduction.axes)
    if (operands[0].shape()[axis] != 1) return {};
  return ops::reshape(operands[0], node.specs()[0].shape);
}

// A pointwise op of numbers is a number.
Value constant_result(const Node& node, const std::vector<Value>& operands) {
  if (!node.op().is_pointwise() || operands.empty() || node.op().index || node.op().is_random || !node.op().reference) return {};
  std::vector<Spec> specs;
  std::vector<std::vector<double>> memory;
  std::vector<HostOperand> in;
  for (const Value& v : operands) {
    const auto base = resolve_view(v).base;
    if (!is_constant(base)) return {};
    const Spec spec{v.dtype(), {}};
    auto& bytes = memory.emplace_back(1);
    in.push_back({spec, reinterpret_cast<std::byte*>(bytes.data())});
    const auto& a = base->attributes<ConstantAttributes>();
    constant_op.reference(Attributes::of(ConstantAttributes{a.dtype, {}, a.bits}), {}, {&in.back(), 1});
  }
  double result = 0;
  const DType dtype = node.specs()[0].dtype;
  const HostOperand out{{dtype, {}}, reinterpret_cast<std::byte*>(&result)};
  for (std::size_t i = 0; i < in.size(); ++i) in[i].data = reinterpret_cast<std::byte*>(memory[i].data());
  node.op().reference(node.attributes(), in, {&out, 1});
  return dispatch(dtype, [&]<class T>(T) {
    const T value = *out.as<T>();
    if constexpr (std::is_integral_v<T>) return integer_constant(static_cast<int64_t>(value), dtype, node.specs()[0].shape);
    else return constant(static_cast<double>(value), dtype, node.specs()[0].shape);
  });
}

// Zeros around an image are the convolution's own padding, in its gradient by the kernel too.
Value convolution_of_padded(const Node& node, const std::vector<Value>& operands) {
  if (&node.op() != &ops::conv_op && &node.op() != &ops::conv_kernel_gradient_op) return {};
  if (&operands[0]->op() != &ops::pad_op) return {};
  const auto& pad = operands[0]->attributes<ops::PadAttributes>();
  const auto all_zero = [](const std::vector<int64_t>& v) {
    return std::all_of(v.begin(), v.end(), [](int64_t n) { return n == 0; });
  };
  const std::vector<int64_t> beside{pad.low.front(), pad.high.front(), pad.low.back(), pad.high.back()};  // batch and channels
  if (pad.value != 0 || !all_zero(pad.interior) || !all_zero(beside)) return {};
  auto attributes = node.attributes<ops::ConvAttributes>();
  for (std::size_t i = 0; i < attributes.strides.size(); ++i) {
    if (pad.low[i + 1] < 0 || pad.high[i + 1] < 0) return {};
    attributes.padding_low[i] += pad.low[i + 1];
    attributes.padding_high[i] += pad.high[i + 1];
  }
  return apply(node.op(), std::move(attributes), {operands[0]->operand(0), operands[1]});
}

constexpr Rule rules[] = {reshape_of_reshape, transpose_of_transpose, neutral_operand, cast_to_itself,
                          stop_of_gradient,   reduction_of_nothing,   constant_result, convolution_of_padded};

}  // namespace

Graph simplify(const Graph& graph, const Context&) {
  return rewritten(graph, [](const Node& node, const std::vector<Value>& operands) -> std::vector<Value> {
    for (Rule rule : rules)
      if (Value better = rule(node, operands)) return {better};
    return {};
  });
}

}  // namespace cornu::passes

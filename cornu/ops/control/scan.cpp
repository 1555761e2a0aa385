#include <algorithm>
#include <cstring>

#include "cornu/ir/leaf.h"
#include "cornu/ops/control/body.h"
#include "cornu/ops/control/control.h"

namespace cornu::ops {
namespace {

using Flags = std::vector<bool>;

std::size_t constants_of(const ScanAttributes& a, std::size_t operands) { return operands - a.carries - a.sequences; }

Spec slice_of(const Spec& sequence) {
  CORNU_CHECK(sequence.shape.rank() > 0, "`scan` got a scalar for a sequence.");
  return {sequence.dtype, Shape(std::vector<int64_t>(sequence.shape.begin() + 1, sequence.shape.end()))};
}
Spec stacked(const Spec& slice, int64_t length) {
  std::vector<int64_t> dims{length};
  dims.insert(dims.end(), slice.shape.begin(), slice.shape.end());
  return {slice.dtype, Shape(std::move(dims))};
}

std::vector<Spec> infer(const ScanAttributes& a, std::span<const Spec> in) {
  const auto sequences = in.last(a.sequences), carries = in.last(a.sequences + a.carries).first(a.carries);
  std::vector<Spec> each(in.begin(), in.end() - a.sequences);
  int64_t length = a.length;
  for (const Spec& s : sequences) {
    each.push_back(slice_of(s));
    CORNU_CHECK(merge_dims(length, s.shape[0], length), "`scan` of length {} got a sequence of shape {}.", length,
                to_string(s.shape));
  }
  check_operands("scan", *a.body, each);
  std::vector<Spec> out;
  for (std::size_t i = 0; i < a.body->results.size(); ++i) {
    const Spec& result = a.body->results[i].spec();
    if (i >= carries.size()) {
      out.push_back(stacked(result, length));
      continue;
    }
    CORNU_CHECK(result.dtype == carries[i].dtype, "`scan` turns a carry of {} into {}.", ir::to_string(carries[i]),
                ir::to_string(result));
    out.push_back({result.dtype, merged("scan", result.shape, carries[i].shape)});
  }
  return out;
}

// The body's parameters that a gradient goes to: those that somebody wants, and carries that they lead into.
Flags differentiated(const ScanAttributes& a, const ir::VjpArgs& v) {
  const Graph& body = *a.body;
  const std::size_t first_carry = constants_of(a, v.operands.size());
  Flags out;
  for (std::size_t i = 0; i < v.operands.size(); ++i) out.push_back(v.wants(i));
  const auto order = ir::topological(body);
  for (bool changed = true; std::exchange(changed, false);) {
    std::unordered_set<const ir::Node*> reached;
    for (std::size_t i = 0; i < out.size(); ++i)
      if (out[i]) reached.insert(&body.parameters[i].node());
    for (const ir::Node* node : order)
      for (const Value& operand : node->operands())
        if (operand.dtype().is_floating() && reached.count(&operand.node())) reached.insert(node);
    for (int64_t k = 0; k < a.carries; ++k) {
      const Value& next = body.results[k];
      if (out[first_carry + k] || !next.dtype().is_floating() || !reached.count(&next.node())) continue;
      out[first_carry + k] = changed = true;
    }
  }
  return out;
}

// What some carries were before each step, stacked: results of the same scan that gives them back as well.
std::vector<Value> histories(const ScanAttributes& a, const ir::VjpArgs& v, const std::vector<Value>& carries) {
  Graph longer = *a.body;
  const auto place = [&](const Value& carry) {
    return std::find(longer.results.begin() + a.carries, longer.results.end(), carry);
  };
  for (const Value& carry : carries)
    if (place(carry) == longer.results.end()) longer.results.push_back(carry);
  std::vector<Value> outputs(v.outputs.begin(), v.outputs.end());
  if (longer.results.size() > outputs.size()) outputs = scan(longer, {v.operands.begin(), v.operands.end()}, a);
  std::vector<Value> out;
  for (const Value& carry : carries) out.push_back(outputs[place(carry) - longer.results.begin()]);
  return out;
}

// A scan in the other direction. It carries the cotangents of the carries and the sums of the constants' gradients, and gives
// the sequences' gradients; the body is computed again from its carries.
std::vector<Value> vjp(const ScanAttributes& a, const ir::VjpArgs& v) {
  const Graph& body = *a.body;
  const std::size_t first_carry = constants_of(a, v.operands.size()), first_sequence = first_carry + a.carries;
  const Flags wanted = differentiated(a, v);
  Flags given(wanted.begin() + first_carry, wanted.begin() + first_sequence);
  for (std::size_t i = a.carries; i < v.grads.size(); ++i) given.push_back(bool(v.grads[i]));
  const auto [cotangents, grads] = gradient_of(body, given, wanted, v.gradients);

  Graph back;
  std::vector<Value> operands;
  std::vector<std::size_t> targets;  // the operand that each result is the gradient of
  auto take = [&](const Value& parameter, const Value& operand) {
    back.parameters.push_back(parameter);
    operands.push_back(operand);
  };
  auto give = [&](const Value& result, std::size_t target) {
    back.results.push_back(result);
    targets.push_back(target);
  };
  for (std::size_t i = 0; i < first_carry; ++i) take(body.parameters[i], v.operands[i]);
  for (int64_t k = 0; k < a.carries; ++k) {
    const std::size_t i = first_carry + k;
    if (!wanted[i]) continue;
    take(cotangents[k], v.grads[k] ? v.grads[k] : zeros_like(v.outputs[k]));
    give(grads[i] ? grads[i] : zeros_like(body.parameters[i]), i);
  }
  for (std::size_t i = 0; i < first_carry; ++i) {
    if (!grads[i]) continue;
    const Value sum = ir::parameter(body.parameters[i].spec());
    take(sum, zeros_like(v.operands[i]));
    give(sum + grads[i], i);
  }
  ScanAttributes sizes{.carries = int64_t(targets.size()), .length = a.length, .reverse = !a.reverse};
  for (std::size_t i = first_sequence; i < grads.size(); ++i)
    if (grads[i]) give(grads[i], i);
  std::vector<Value> out(v.operands.size());
  if (targets.empty()) return out;

  const auto order = ir::topological(back.results);
  const std::unordered_set<const ir::Node*> read(order.begin(), order.end());
  std::vector<Value> carries;
  for (std::size_t i = first_carry; i < first_sequence; ++i)
    if (read.count(&body.parameters[i].node())) carries.push_back(body.parameters[i]);
  const auto before = histories(a, v, carries);
  for (std::size_t k = 0; k < carries.size(); ++k) take(carries[k], before[k]);
  for (std::size_t i = first_sequence; i < v.operands.size(); ++i)
    if (read.count(&body.parameters[i].node())) take(body.parameters[i], v.operands[i]);
  for (std::size_t i = a.carries; i < v.grads.size(); ++i)
    if (v.grads[i]) take(cotangents[i], v.grads[i]);
  sizes.sequences = int64_t(operands.size()) - int64_t(first_carry) - sizes.carries;

  const auto found = scan(std::move(back), std::move(operands), sizes);
  for (std::size_t i = 0; i < targets.size(); ++i) out[targets[i]] = found[i];
  return out;
}

void reference(const ScanAttributes& a, std::span<const ir::HostOperand> in, std::span<const ir::HostOperand> out) {
  const std::size_t first_carry = constants_of(a, in.size());
  const auto bytes = [](const ir::HostOperand& o) { return o.elements() * o.spec.dtype.size(); };
  std::vector<ir::HostOperand> now(in.begin(), in.end());
  for (int64_t k = 0; k < a.carries; ++k) {
    std::memcpy(out[k].data, in[first_carry + k].data, bytes(out[k]));
    now[first_carry + k].data = out[k].data;
  }
  for (int64_t step = 0; step < a.length; ++step) {
    const int64_t at = a.reverse ? a.length - 1 - step : step;
    for (std::size_t i = first_carry + a.carries; i < in.size(); ++i)
      now[i] = {slice_of(in[i].spec), in[i].data + bytes(in[i]) / a.length * at};
    std::vector<std::byte*> to;
    for (std::size_t i = 0; i < out.size(); ++i)
      to.push_back(out[i].data + (int64_t(i) < a.carries ? 0 : bytes(out[i]) / a.length * at));
    run_by_reference(*a.body, now, to);
  }
}

}  // namespace

const OpDef scan_op = ir::define_op(ir::OpSpec<ScanAttributes>{.name = "scan",
                                                               .min_operands = 0,
                                                               .max_operands = -1,
                                                               .infer = infer,
                                                               .vjp = vjp,
                                                               .reference = reference,
                                                               .lowerings = scan_lowerings});

std::vector<Value> scan(Graph body, std::vector<Value> operands, const ScanAttributes& sizes) {
  Graph* const only[] = {&body};
  close(only, operands, constants_of(sizes, operands.size()));
  ScanAttributes attributes = sizes;
  for (auto it = operands.end() - sizes.sequences; it != operands.end(); ++it) {
    const bool fits = it->shape().rank() > 0 && merge_dims(attributes.length, it->shape()[0], attributes.length);
    CORNU_CHECK(fits, "`scan` of length {} got a sequence of shape {}.", attributes.length, to_string(it->shape()));
  }
  attributes.body = std::make_shared<const Graph>(std::move(body));
  return ir::make_node(scan_op, ir::Attributes::of(std::move(attributes)), std::move(operands));
}

}  // namespace cornu::ops

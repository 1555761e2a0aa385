#include "cornu/ir/leaf.h"
#include "cornu/ops/control/body.h"
#include "cornu/ops/control/control.h"

namespace cornu::ops {
namespace {

std::vector<Spec> infer(const CondAttributes& a, std::span<const Spec> in) {
  CORNU_CHECK(in[0].dtype == bool_ && in[0].shape.rank() == 0, "`cond` wants a bool scalar, got {}.", ir::to_string(in[0]));
  const auto &yes = a.then_branch->results, &no = a.else_branch->results;
  for (const auto& branch : {a.then_branch, a.else_branch}) check_operands("cond", *branch, in.subspan(1));
  CORNU_CHECK(yes.size() == no.size(), "The branches of `cond` give {} and {} results.", yes.size(), no.size());
  std::vector<Spec> out;
  for (std::size_t i = 0; i < yes.size(); ++i) {
    CORNU_CHECK(yes[i].dtype() == no[i].dtype(), "The branches of `cond` give {} and {}.", ir::to_string(yes[i].spec()),
                ir::to_string(no[i].spec()));
    out.push_back({yes[i].dtype(), merged("cond", yes[i].shape(), no[i].shape())});
  }
  return out;
}

// A cond of the branches' gradients; a branch runs again before its gradient.
std::vector<Value> vjp(const CondAttributes& a, const ir::VjpArgs& v) {
  std::vector<bool> given, wanted;
  for (const Value& grad : v.grads) given.push_back(bool(grad));
  for (std::size_t i = 1; i < v.operands.size(); ++i) wanted.push_back(v.wants(i));

  Graph branches[2];
  std::vector<Value> grads[2];
  for (int b : {0, 1}) {
    const Graph& branch = b == 0 ? *a.then_branch : *a.else_branch;
    auto [cotangents, found] = gradient_of(branch, given, wanted, v.gradients);
    branches[b].parameters = branch.parameters;
    for (const Value& c : cotangents)
      if (c) branches[b].parameters.push_back(c);
    grads[b] = std::move(found);
  }
  std::vector<std::size_t> differentiated;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!grads[0][i] && !grads[1][i]) continue;
    differentiated.push_back(i + 1);
    for (int b : {0, 1}) branches[b].results.push_back(grads[b][i] ? grads[b][i] : zeros_like(branches[b].parameters[i]));
  }
  std::vector<Value> out(v.operands.size());
  if (differentiated.empty()) return out;
  std::vector<Value> operands(v.operands.begin() + 1, v.operands.end());
  for (const Value& grad : v.grads)
    if (grad) operands.push_back(grad);
  const auto found = cond(v.operand(0), branches[0], branches[1], std::move(operands));
  for (std::size_t i = 0; i < differentiated.size(); ++i) out[differentiated[i]] = found[i];
  return out;
}

void reference(const CondAttributes& a, std::span<const ir::HostOperand> in, std::span<const ir::HostOperand> out) {
  std::vector<std::byte*> to;
  for (const auto& operand : out) to.push_back(operand.data);
  run_by_reference(*in[0].as<bool>() ? *a.then_branch : *a.else_branch, in.subspan(1), to);
}

}  // namespace

const OpDef cond_op = ir::define_op(ir::OpSpec<CondAttributes>{
    .name = "cond", .max_operands = -1, .infer = infer, .vjp = vjp, .reference = reference, .lowerings = cond_lowerings});

std::vector<Value> cond(const Value& pred, Graph then_branch, Graph else_branch, std::vector<Value> operands) {
  Graph* const both[] = {&then_branch, &else_branch};
  close(both, operands, operands.size());
  operands.insert(operands.begin(), pred);
  return ir::make_node(cond_op,
                       ir::Attributes::of(CondAttributes{std::make_shared<const Graph>(std::move(then_branch)),
                                                         std::make_shared<const Graph>(std::move(else_branch))}),
                       std::move(operands));
}

}  // namespace cornu::ops

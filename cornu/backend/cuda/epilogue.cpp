#include "cornu/backend/cuda/epilogue.h"

#include "cornu/ir/view.h"
#include "cornu/ops/pointwise.h"
#include "cornu/ops/view/view.h"

namespace cornu::cuda {
namespace {

// What a node adds to `before`; none if it does something else.
ir::Value added(const ir::Node& node, const ir::Value& before) {
  if (&node.op() != &ops::add_op || node.operand(0) == node.operand(1)) return {};
  return node.operand(0) == before ? node.operand(1) : node.operand(0);
}
// Their loads are wide.
bool is_dense_memory(const ir::Value& value) {
  const auto resolved = ir::resolve_view(value);
  const bool has_memory = !resolved.base->op().is_pointwise() || !resolved.base->operands().empty();
  return has_memory && ir::is_dense(resolved.view, value.shape()) && resolved.view.offset == 0;
}
ir::Value bias_in(const ir::Value& addend) {
  const ir::Value vector = addend ? ops::repeated_vector(addend) : ir::Value();
  return vector && is_dense_memory(vector) ? vector : ir::Value();
}
ir::Value residual_in(const ir::Value& addend) { return addend && is_dense_memory(addend) ? addend : ir::Value(); }

}  // namespace

Epilogue read_epilogue(const ir::Offer& offer, int most, Residual residual) {
  Epilogue out;
  const DType dtype = offer.anchor.specs()[0].dtype;
  if (dtype != float32 && dtype != float16 && dtype != bfloat16) return out;
  const auto next = [&]() -> const ir::Node* {
    const int taken = out.takes();
    return taken < std::ssize(offer.epilogue) && taken < most ? offer.epilogue[taken] : nullptr;
  };
  const auto addend = [&] { return next() ? added(*next(), offer.result(out.takes())) : ir::Value(); };
  out.bias = bias_in(addend());
  if (out.bias && residual == Residual::is_taken) out.residual = residual_in(addend());
  if (next() && &next()->op() == &ops::relu_op) out.has_relu = true;
  return out;
}

}  // namespace cornu::cuda

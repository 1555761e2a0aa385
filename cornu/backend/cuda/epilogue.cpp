#include "cornu/backend/cuda/epilogue.h"

#include "cornu/ir/view.h"
#include "cornu/ops/pointwise.h"
#include "cornu/ops/view/view.h"

namespace cornu::cuda {
namespace {

// The vector that a node adds to `before`; none if it does something else.
ir::Value added_vector(const ir::Node& node, const ir::Value& before) {
  if (&node.op() != &ops::add_op || node.operand(0) == node.operand(1)) return {};
  const ir::Value vector = ops::repeated_vector(node.operand(0) == before ? node.operand(1) : node.operand(0));
  if (!vector) return {};
  const auto resolved = ir::resolve_view(vector);
  const bool has_memory = !resolved.base->op().is_pointwise() || !resolved.base->operands().empty();
  // Their loads of it are wide.
  return has_memory && ir::is_dense(resolved.view, vector.shape()) && resolved.view.offset == 0 ? vector : ir::Value{};
}

}  // namespace

Epilogue read_epilogue(const ir::Offer& offer, int most) {
  Epilogue out;
  const DType dtype = offer.anchor.specs()[0].dtype;
  if (dtype != float32 && dtype != float16 && dtype != bfloat16) return out;
  std::size_t next = 0;
  const auto has_next = [&] { return next < offer.epilogue.size() && int(next) < most; };
  if (has_next() && (out.bias = added_vector(*offer.epilogue[0], offer.result(0)))) ++next;
  if (has_next() && &offer.epilogue[next]->op() == &ops::relu_op) out.has_relu = true;
  return out;
}

}  // namespace cornu::cuda

#include "cornu/passes/narrower.h"

#include "cornu/ops/pointwise.h"

namespace cornu::passes {

std::optional<ir::ResolvedView> narrower(const ir::ResolvedView& read, const Shape& shape) {
  const ir::Value& wide = read.base;
  if (&wide->op() != &ops::cast_op || wide.dtype().size() <= wide->operand(0).dtype().size()) return std::nullopt;
  const ir::Value& narrow = wide->operand(0);
  if (!narrow->op().is_view()) return ir::ResolvedView{narrow, read.view};
  const bool reads_all = read.view.offset == 0 && wide.shape() == shape && ir::is_dense(read.view, shape);
  return reads_all ? std::optional(ir::resolve_view(narrow)) : std::nullopt;
}

}  // namespace cornu::passes

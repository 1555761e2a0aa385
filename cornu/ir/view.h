#pragma once

#include "cornu/ir/op.h"

namespace cornu::ir {

// Where a value's elements lie: in the memory of `base`, by strides. Views are walked through as far as they compose.
struct ResolvedView {
  Value base;
  StridedView view;
};
ResolvedView resolve_view(const Value& value);

// Row-major strides of a shape.
std::vector<int64_t> dense_strides(const Shape& shape);
// Dense and row-major from its first element on (the offset may be anything); loops of extent 1 do not matter.
bool is_dense(const StridedView& view, const Shape& shape);

}  // namespace cornu::ir

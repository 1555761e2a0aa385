#pragma once

#include "cornu/ir/view.h"
#include "cornu/ops/reference.h"
#include "cornu/ops/view/view.h"

namespace cornu::ops {

// The reference of a view follows from its strides.
void copy_view(const ir::HostOperand& in, const ir::HostOperand& out, const ir::StridedView& view);

// The view of a dense operand.
inline ir::StridedView dense_view(const Shape& shape) { return {0, ir::dense_strides(shape)}; }

template <auto kView, class A>
void view_reference(const A& a, std::span<const ir::HostOperand> in, std::span<const ir::HostOperand> out) {
  copy_view(in[0], out[0], *kView(a, in[0].spec, out[0].spec, dense_view(in[0].spec.shape)));
}

}  // namespace cornu::ops

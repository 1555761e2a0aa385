#include "cornu/ir/group.h"

namespace cornu::ir {

std::vector<int> long_axes(const Shape& shape) {
  std::vector<int> out;
  for (int i = 0; i < shape.rank(); ++i)
    if (shape[i] != 1) out.push_back(i);
  return out;
}

bool reduces_loops(const Node& node) {
  if (!node.op().is_reduction()) return false;
  const Spec& operand = node.operand(0).spec();
  for (int axis : node.op().reduction(node.attributes(), operand).axes)
    if (operand.shape[axis] != 1) return true;
  return false;
}

std::vector<int64_t> long_strides(const StridedView& view, const Shape& shape) {
  std::vector<int64_t> out;
  for (int axis : long_axes(shape)) out.push_back(view.strides[axis]);
  return out;
}

std::vector<int64_t> member_strides(const Group& group, Space space) {
  std::vector<int64_t> out(group.extents.size());
  int64_t stride = 1;
  for (int i = static_cast<int>(out.size()) - 1; i >= 0; --i) {
    if (space == Space::kept && group.reduced[i]) continue;
    out[i] = stride;
    stride *= group.extents[i];
  }
  return out;
}

}  // namespace cornu::ir

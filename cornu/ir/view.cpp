#include "cornu/ir/view.h"

namespace cornu::ir {

std::vector<int64_t> dense_strides(const Shape& shape) {
  std::vector<int64_t> out(shape.rank());
  int64_t stride = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    out[i] = stride;
    stride *= shape[i];
  }
  return out;
}

bool is_dense(const StridedView& view, const Shape& shape) {
  const auto dense = dense_strides(shape);
  for (int i = 0; i < shape.rank(); ++i)
    if (shape[i] > 1 && view.strides[i] != dense[i]) return false;
  return true;
}

ResolvedView resolve_view(const Value& value) {
  // Views form a chain; collect it down to the first value that is none, then compose upwards.
  std::vector<Value> chain{value};
  while (chain.back()->op().is_view() && chain.back()->resolved().empty()) chain.push_back(chain.back()->operand(0));
  ResolvedView at{chain.back(), {0, dense_strides(chain.back().shape())}};
  for (auto it = chain.rbegin() + 1; it != chain.rend(); ++it) {
    const Node& node = it->node();
    if (auto view = node.op().view(node.attributes(), node.operand(0).spec(), it->spec(), at.view)) at.view = std::move(*view);
    else at = {*it, {0, dense_strides(it->shape())}};
  }
  return at;
}

}  // namespace cornu::ir

#include "cornu/backend/cpu/epilogue.h"

#include <algorithm>
#include <limits>

#include "cornu/ir/leaf.h"
#include "cornu/ir/view.h"
#include "cornu/ops/pointwise.h"
#include "cornu/ops/view/view.h"

namespace cornu::backend::cpu {
namespace {

using onednn::Post;
using onednn::PostKind;

// False for operands that lie in memory otherwise than dense (a number for all, a transposed view): nobody copies them for an
// epilogue, and the kernel program that follows reads them as they are.
bool take_binary(PostKind kind, const ir::Value& other, Epilogue& out) {
  std::vector<int64_t> extents(other.shape().begin(), other.shape().end());
  ir::Value input = other;
  if (ir::Value vector = ops::repeated_vector(other)) {
    input = vector;
    std::fill(extents.begin(), extents.end() - 1, 1);
  }
  const auto resolved = ir::resolve_view(input);
  const bool is_inlined = resolved.base->op().is_pointwise() && resolved.base->operands().empty();  // a constant has no memory
  if (is_inlined || !ir::is_dense(resolved.view, input.shape())) return false;
  out.posts.push_back({kind, onednn::dense(other.dtype(), extents)});
  out.inputs.push_back(input);
  return true;
}

// One number for the least or the largest value: half of relu6.
bool take_bound(bool is_least, const ir::Value& other, Epilogue& out) {
  const ir::Value base = ir::resolve_view(other).base;
  if (!ir::is_constant(base)) return false;
  const auto is_clip = [](const Post& post) { return post.kind == PostKind::clip; };
  const bool follows_clip = !out.posts.empty() && is_clip(out.posts.back());
  if (!is_least && !follows_clip) return false;  // alone it would make -inf of NaN
  const bool has_clip = std::any_of(out.posts.begin(), out.posts.end(), is_clip);
  if (has_clip && !follows_clip) return false;  // oneDNN runs neighbours as one, and only one (onednn.cpp)
  constexpr float none = std::numeric_limits<float>::infinity();
  const float bound = float(ir::constant_as_double(base));
  out.posts.push_back({PostKind::clip, {}, is_least ? bound : -none, is_least ? none : bound});
  return true;
}

bool take(const ir::Node& node, const ir::Value& before, Epilogue& out) {
  const ir::OpDef* const op = &node.op();
  if (op == &ops::relu_op) return out.posts.push_back({PostKind::relu, {}}), true;
  const bool is_bound = op == &ops::maximum_op || op == &ops::minimum_op;
  if (!is_bound && op != &ops::add_op && op != &ops::mul_op) return false;
  const bool first = node.operand(0) == before, second = node.operand(1) == before;
  if (first == second) return false;  // x + x
  const ir::Value& other = node.operand(first ? 1 : 0);
  if (is_bound) return take_bound(op == &ops::maximum_op, other, out);
  return take_binary(op == &ops::add_op ? PostKind::add : PostKind::mul, other, out);
}

}  // namespace

Epilogue read_epilogue(const ir::Offer& offer, int most) {
  Epilogue out;
  if (offer.anchor.specs()[0].dtype != float32 || offer.anchor.specs()[0].shape.rank() == 0) return out;
  for (ir::Node* node : offer.epilogue) {
    const int taken = int(out.posts.size());
    if (taken == most || !take(*node, offer.result(taken), out)) break;
  }
  return out;
}

}  // namespace cornu::backend::cpu

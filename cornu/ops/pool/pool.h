#pragma once

#include "cornu/ir/lowering.h"

namespace cornu::ops {

// Pooling over 1 to 3 spatial axes of [N, spatial..., C]. Padding never counts: a maximum does not see it, an average divides
// by the elements that are really there.
struct PoolAttributes {
  std::vector<int64_t> window, strides, padding_low, padding_high;  // one a spatial axis
  std::vector<int64_t> extents;  // of the input's spatial axes, for the gradients; empty for the forward ops
};

// x -> (y, index): the largest element of each window (NaN wins, the first of equal ones) and its place in the window,
// row-major; uint8, or int32 for windows of more than 255 elements.
extern const ir::OpDef max_pool_op;
// (y's gradient, index) -> x's gradient; and its own gradient, (x, index) -> the elements at index.
extern const ir::OpDef max_pool_gradient_op;
extern const ir::OpDef max_pool_pick_op;
extern const ir::OpDef average_pool_op;
extern const ir::OpDef average_pool_gradient_op;  // y's gradient -> x's gradient
std::span<const ir::Lowering> max_pool_cpu_lowerings();
std::span<const ir::Lowering> max_pool_cuda_lowerings();
std::span<const ir::Lowering> max_pool_gradient_cpu_lowerings();
std::span<const ir::Lowering> max_pool_gradient_cuda_lowerings();
std::span<const ir::Lowering> max_pool_pick_cpu_lowerings();
std::span<const ir::Lowering> max_pool_pick_cuda_lowerings();
std::span<const ir::Lowering> average_pool_cpu_lowerings();
std::span<const ir::Lowering> average_pool_cuda_lowerings();
std::span<const ir::Lowering> average_pool_gradient_cpu_lowerings();
std::span<const ir::Lowering> average_pool_gradient_cuda_lowerings();

// Keras's arguments. One number serves all spatial axes; no strides means the window's size; `padding` is "valid" or "same".
struct PoolArgs {
  std::vector<int64_t> strides = {};
  std::string padding = "valid";
};
ir::Value max_pool(const ir::Value& input, const std::vector<int64_t>& window, const PoolArgs& args = {});
ir::Value average_pool(const ir::Value& input, const std::vector<int64_t>& window, const PoolArgs& args = {});

}  // namespace cornu::ops

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cornu/tensor.h"

// keras.ops: dtypes, pieces of tensors, and what a graph may do beside computing. Control flow is in control.h.

namespace cornu::keras::ops {

// A float becomes the nearest integer towards zero, a number that the dtype lacks wraps or saturates as on JAX; to bool: != 0.
CORNU_API Tensor cast(const Tensor& x, DType dtype);
// First clipped to what the dtype has.
CORNU_API Tensor saturate_cast(const Tensor& x, DType dtype);
CORNU_API Tensor convert_to_tensor(const Tensor& x, std::optional<DType> dtype = {});
// Dims are Shape::kUnknown while a model is described.
CORNU_API Shape shape(const Tensor& x);
CORNU_API DType dtype(const Tensor& x);
// The same value, through which no gradient passes.
CORNU_API Tensor stop_gradient(const Tensor& variable);
// The block of `shape` that begins at `start_indices`.
CORNU_API Tensor slice(const Tensor& inputs, const std::vector<int64_t>& start_indices, const Shape& shape);
// `inputs` with the block that begins at `start_indices` replaced.
CORNU_API Tensor slice_update(const Tensor& inputs, const std::vector<int64_t>& start_indices, const Tensor& updates);
// Zeros of `shape` to which values are added at integer indices (..., depth) of its leading axes; values (..., the other axes).
// Negative indices count from the end, what is out of range is dropped.
CORNU_API Tensor scatter(const Tensor& indices, const Tensor& values, const Shape& shape);
// `inputs` with updates written at such indices or, by `reduction`, "add", "max", "min" or "mul", combined with what is there.
// Updates broadcast and take the dtype of `inputs`; of those that name one place the last one is written.
CORNU_API Tensor scatter_update(const Tensor& inputs, const Tensor& indices, const Tensor& updates,
                                const std::optional<std::string>& reduction = {});
// The slices along an axis; `num` must be its extent.
CORNU_API std::vector<Tensor> unstack(const Tensor& x, std::optional<int64_t> num = {}, int axis = 0);

}  // namespace cornu::keras::ops

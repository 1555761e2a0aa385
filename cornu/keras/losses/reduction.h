#pragma once

#include <string>
#include <utility>

#include "cornu/tensor.h"

namespace cornu::keras {

// Ranks that differ by one become equal where a last dimension of 1 can go or come (keras/src/losses/loss.py,
// squeeze_or_expand_to_same_rank).
std::pair<Tensor, Tensor> to_same_rank(Tensor a, Tensor b);

// Sample weights (perhaps none) that leave masked values out. Where the reduction is a mean it is then over those that stay.
Tensor apply_mask(const Tensor& sample_weight, const Tensor& mask, DType dtype, const std::string& reduction);

// Values weighted, masked and reduced as Keras's losses are.
Tensor reduce_weighted_values(Tensor values, Tensor sample_weight, const Tensor& mask, const std::string& reduction, DType dtype);

}  // namespace cornu::keras

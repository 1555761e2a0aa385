#pragma once

#include <memory>
#include <vector>

#include "cornu/device/array.h"
#include "cornu/tensor.h"

namespace cornu::keras {

// The memory of a tensor, computed if need be.
std::shared_ptr<devices::Array> memory_of(const Tensor& tensor);

// Arrays of equal rows, one after another.
Tensor joined(const std::vector<std::shared_ptr<devices::Array>>& parts);

}  // namespace cornu::keras

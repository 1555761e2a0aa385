#pragma once

#include <string>

#include "cornu/ops/pointwise.h"

namespace cornu::ops {

// numpy's einsum of operands of one dtype: "bij,bjk->bik", "ij,jk", "ii->i", "...ij,...jk->...ik". A composition of transposes,
// products, sums and matmuls; more than two operands are combined from left to right. ValueError shows the subscripts.
Value einsum(const std::string& subscripts, std::vector<Value> operands);

}  // namespace cornu::ops

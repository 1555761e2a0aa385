#pragma once

#include "cornu/ops/pointwise.h"

namespace cornu::ir {
struct Lowering;
}

namespace cornu::ops {

// Per axis: `low` elements before, `high` after and `interior` between two neighbours are `value`. Negative amounts cut
// off.
struct PadAttributes {
  std::vector<int64_t> low, high, interior;
  double value = 0;
};
extern const OpDef pad_op;
Value pad(const Value& x, std::vector<int64_t> low, std::vector<int64_t> high, std::vector<int64_t> interior = {},
          double value = 0);

std::span<const ir::Lowering> pad_cpu_lowerings();
std::span<const ir::Lowering> pad_cuda_lowerings();

}  // namespace cornu::ops

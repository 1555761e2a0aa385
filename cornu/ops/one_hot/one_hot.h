#pragma once

#include <optional>
#include <string>

#include "cornu/ops/pointwise.h"

namespace cornu::ir {
struct Lowering;
}

namespace cornu::ops {

// Class i becomes a one at position i of a new axis, which counts in the result; anything outside of [0, num_classes) becomes
// zeros. A composition: iota == indices.
Value one_hot(const Value& indices, int64_t num_classes, int axis, DType dtype);

// The indices (int32 or int64), those outside of [0, limit) replaced by the nearest inside. The first of these sets the status
// word in the name of `by` ("Embedding"), so that the run ends in a ValueError and changes no weights. `ignore` passes as it is.
struct CheckIndexAttributes {
  int64_t limit = 0;
  std::string by;
  std::optional<int64_t> ignore{};
};
extern const OpDef check_index_op;
Value check_index(const Value& indices, int64_t limit, std::string by, std::optional<int64_t> ignore = std::nullopt);

std::span<const ir::Lowering> check_index_cpu_lowerings();
std::span<const ir::Lowering> check_index_cuda_lowerings();

}  // namespace cornu::ops

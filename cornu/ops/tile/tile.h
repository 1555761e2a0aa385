#pragma once

#include "cornu/ops/pointwise.h"

// Compositions of views, broadcasts and concat: no records.

namespace cornu::ops {

// numpy's tile: the whole array `repeats[i]` times along axis i; the shorter of shape and repeats gets ones in front.
Value tile(const Value& x, std::vector<int64_t> repeats);
// Each slice along `axis` that many times in a row: one number, or one for each slice.
Value repeat(const Value& x, int64_t repeats, int axis);
Value repeat(const Value& x, const std::vector<int64_t>& repeats, int axis);
// Elements move up by `shift` along `axis`; those that leave at the end come in at the beginning.
Value roll(const Value& x, int64_t shift, int axis);

}  // namespace cornu::ops

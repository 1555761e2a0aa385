#pragma once

#include "cornu/ops/pointwise.h"

// Random numbers are functions of a key (uint32, shape (2,)) and of the position: no hidden state, the same bits on
// every device. Two draws want two keys. The distributions follow jax.random's methods (their bits are our own).

namespace cornu::ops {

// uint32: word `position * words + word` of the key's Philox stream. Operands: the two halves of the key, at the
// result's shape.
struct RandomBitsAttributes {
  int64_t words = 1, word = 0;
};
extern const OpDef random_bits_op;
Value random_bits(const Value& key, const Shape& shape, int64_t words = 1, int64_t word = 0);

// A floating dtype; in [0, 1): all multiples of 2^-24 (float32), 2^-53, 2^-11, 2^-8.
Value random_uniform(const Value& key, const Shape& shape, DType dtype);
// sqrt(2) erf_inv(u), u uniform in (-1, 1).
Value random_normal(const Value& key, const Shape& shape, DType dtype);
// The normal distribution between -2 and 2.
Value random_truncated_normal(const Value& key, const Shape& shape, DType dtype);
// bool: true with probability p, a value of a floating dtype that broadcasts to the shape.
Value random_bernoulli(const Value& key, const Value& p, const Shape& shape);
// int32 or int64 in [low, high).
Value random_integers(const Value& key, const Shape& shape, int64_t low, int64_t high, DType dtype = int32);
// int32: along `axis` the positions of the axis in a random order, each line by itself. An argsort of 64 random bits: two equal
// draws, which would keep their order, are below 1 in 2^20 for a million elements.
Value random_permutation(const Value& key, const Shape& shape, int axis);

}  // namespace cornu::ops

#pragma once

#include "cornu/keras/random/seed_generator.h"

// keras.random. Each draw takes a seed: a number (the same numbers each time) or a SeedGenerator (new ones each time). Without one
// the process's own generator gives new numbers each time, also each time that a traced function runs.
namespace cornu::keras::random {

class CORNU_API Seed {
 public:
  Seed() = default;  // the process's generator
  Seed(int64_t seed) : seed_(seed) {}
  Seed(const SeedGenerator& generator) : generator_(&generator) {}
  Tensor key() const;

 private:
  std::optional<int64_t> seed_;
  const SeedGenerator* generator_ = nullptr;
};

// In [minval, maxval).
CORNU_API Tensor uniform(const Shape& shape, double minval = 0.0, double maxval = 1.0, std::optional<DType> dtype = {},
                         Seed seed = {});
CORNU_API Tensor normal(const Shape& shape, double mean = 0.0, double stddev = 1.0, std::optional<DType> dtype = {},
                        Seed seed = {});
// Within two standard deviations of the mean.
CORNU_API Tensor truncated_normal(const Shape& shape, double mean = 0.0, double stddev = 1.0, std::optional<DType> dtype = {},
                                  Seed seed = {});
// Integers in [minval, maxval).
CORNU_API Tensor randint(const Shape& shape, int64_t minval, int64_t maxval, DType dtype = int32, Seed seed = {});
// The elements along `axis` in a random order, each line by itself (as Keras on JAX). To keep the rows of a matrix whole:
// take(x, shuffle(arange(n)), 0).
CORNU_API Tensor shuffle(const Tensor& x, int axis = 0, Seed seed = {});
// Zeros with probability `rate`; the others are scaled by 1 / (1 - rate). Dims of noise_shape that are None take the input's; where
// one is 1 the same choice holds along the axis.
using NoiseShape = std::vector<std::optional<int64_t>>;
CORNU_API Tensor dropout(const Tensor& x, double rate, const std::optional<NoiseShape>& noise_shape = {}, Seed seed = {});

}  // namespace cornu::keras::random

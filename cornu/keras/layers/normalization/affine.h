#pragma once

#include "cornu/keras/ops/math.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::layers {

// (x - mean) / sqrt(variance + epsilon) gamma + beta as x factor + shift: two steps on what is large. Without gamma or beta where
// these do not exist.
struct Affine {
  Tensor factor, shift;
};
inline Affine normalizing(const Tensor& mean, const Tensor& variance, double epsilon, const Tensor& gamma, const Tensor& beta) {
  Tensor factor = ops::rsqrt(variance + epsilon);
  if (gamma.exists()) factor = factor * gamma;
  Tensor shift = -mean * factor;
  if (beta.exists()) shift = shift + beta;
  return {factor, shift};
}

}  // namespace cornu::keras::layers

#pragma once

#include <optional>

#include "cornu/keras/random/seed.h"
#include "cornu/tensor.h"

namespace cornu::keras::utils {

// Class numbers (any shape; a last dimension of 1 goes) as rows of zeros with a one: float32 (..., num_classes), by default as
// many as the largest number needs. ValueError: a class out of range.
CORNU_API Tensor to_categorical(const Tensor& x, std::optional<int64_t> num_classes = {});
// x / its norm of `order` along an axis; zero stays zero.
CORNU_API Tensor normalize(const Tensor& x, int axis = -1, int order = 2);
// Seeds initial weights, dropout and shuffling.
CORNU_API void set_random_seed(int64_t seed);
// Automatic names begin anew.
CORNU_API void clear_session();

}  // namespace cornu::keras::utils

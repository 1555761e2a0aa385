#include "cornu/keras/random/random.h"

#include "cornu/base/python_names.h"
#include "cornu/keras/dtype_policy.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/ops/random/random.h"

namespace cornu::keras::random {

Tensor Seed::key() const { return generator_ ? generator_->next() : seed_ ? key_of_seed(*seed_) : next_global_key(); }

PYTHON_NAMES("keras.random.uniform");
Tensor uniform(const Shape& shape, double minval, double maxval, std::optional<DType> dtype, Seed seed) {
  return Tensor(cornu::ops::random_uniform(seed.key().value(), shape, dtype.value_or(config::floatx()))) * (maxval - minval) +
         minval;
}
PYTHON_NAMES("keras.random.normal");
Tensor normal(const Shape& shape, double mean, double stddev, std::optional<DType> dtype, Seed seed) {
  return Tensor(cornu::ops::random_normal(seed.key().value(), shape, dtype.value_or(config::floatx()))) * stddev + mean;
}
PYTHON_NAMES("keras.random.truncated_normal");
Tensor truncated_normal(const Shape& shape, double mean, double stddev, std::optional<DType> dtype, Seed seed) {
  return Tensor(cornu::ops::random_truncated_normal(seed.key().value(), shape, dtype.value_or(config::floatx()))) * stddev + mean;
}
PYTHON_NAMES("keras.random.randint");
Tensor randint(const Shape& shape, int64_t minval, int64_t maxval, DType dtype, Seed seed) {
  return Tensor(cornu::ops::random_integers(seed.key().value(), shape, minval, maxval, dtype));
}

PYTHON_NAMES("keras.random.shuffle");
Tensor shuffle(const Tensor& x, int axis, Seed seed) {
  return ops::take_along_axis(x, Tensor(cornu::ops::random_permutation(seed.key().value(), x.shape(), axis)), axis);
}

PYTHON_NAMES("keras.random.dropout");
Tensor dropout(const Tensor& x, double rate, const std::optional<NoiseShape>& noise_shape, Seed seed) {
  Shape shape = x.shape();
  if (noise_shape) {
    if (static_cast<int>(noise_shape->size()) != x.rank())
      throw error<ValueError>(
          "`noise_shape` needs one dim for each of the input's. Received: noise_shape of {} dims, input of shape {}",
          noise_shape->size(), to_string(x.shape()));
    for (int i = 0; i < x.rank(); ++i)
      if (const auto dim = (*noise_shape)[i]) shape[i] = *dim;
  }
  const double keep = 1.0 - rate;
  if (keep <= 0) return ops::zeros_like(x);
  const Tensor kept(cornu::ops::random_bernoulli(seed.key().value(), ir::constant(keep, float32), shape));
  return ops::where(ops::broadcast_to(kept, x.shape()), x / keep, 0.0);
}

}  // namespace cornu::keras::random

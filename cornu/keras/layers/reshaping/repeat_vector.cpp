#include "cornu/keras/layers/reshaping/repeat_vector.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/layers/input_rank.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::layers {

RepeatVectorImpl::RepeatVectorImpl(int64_t n, RepeatVectorArgs args) : LayerImpl(base_args(args)), n_(n) {
  if (n <= 0) throw error<ValueError>("Argument `n` should be a positive integer. Received: n={}", n);
}

Tensor RepeatVectorImpl::call(const Tensor& x, const CallContext&) {
  expect_rank(*this, x.shape(), 2);
  return ops::repeat(ops::expand_dims(x, 1), n_, 1);
}

void RepeatVectorImpl::write_config(LayerConfig& config) const { config.add("n", n_); }

Handle<RepeatVectorImpl> RepeatVector(int64_t n, RepeatVectorArgs args) { return make<RepeatVectorImpl>(n, std::move(args)); }

}  // namespace cornu::keras::layers

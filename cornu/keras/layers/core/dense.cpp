#include "cornu/keras/layers/core/dense.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/layers/input_rank.h"
#include "cornu/keras/ops/nn.h"

namespace cornu::keras::layers {

DenseImpl::DenseImpl(int64_t units, DenseArgs args) : LayerImpl(base_args(args)), units_(units), args_(std::move(args)) {
  if (units <= 0)
    throw error<ValueError>("Received an invalid value for `units`, expected a positive integer. Received: units={}", units);
  set_activity_regularizer(args_.activity_regularizer);
}

void DenseImpl::build(const Shape& input_shape) {
  expect_min_rank(*this, input_shape, 2);
  kernel_ = add_weight(
      "kernel", {input_shape[-1], units_},
      {.initializer = args_.kernel_initializer, .regularizer = args_.kernel_regularizer, .constraint = args_.kernel_constraint});
  if (args_.use_bias)
    bias_ = add_weight(
        "bias", {units_},
        {.initializer = args_.bias_initializer, .regularizer = args_.bias_regularizer, .constraint = args_.bias_constraint});
}

Tensor DenseImpl::call(const Tensor& x, const CallContext&) {
  Tensor out = ops::matmul(x, kernel_);
  if (args_.use_bias) out = out + bias_.value();
  return args_.activation(out);
}

void DenseImpl::write_config(LayerConfig& config) const {
  config.add("units", units_).add(args_);
  if (!args_.activity_regularizer) config.remove("activity_regularizer");
  config.add_null("quantization_config");
}

Handle<DenseImpl> Dense(int64_t units, DenseArgs args) { return make<DenseImpl>(units, std::move(args)); }

}  // namespace cornu::keras::layers

#include "cornu/keras/layers/activations/prelu.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/ops/nn.h"

namespace cornu::keras::layers {

PReLUImpl::PReLUImpl(PReLUArgs args) : LayerImpl(base_args(args)), args_(std::move(args)) {
  if (!args_.shared_axes.is_none()) args_.shared_axes = args_.shared_axes.values();
}

void PReLUImpl::build(const Shape& input_shape) {
  Shape shape(std::vector<int64_t>(input_shape.begin() + 1, input_shape.end()));
  for (int64_t axis : args_.shared_axes.values()) {
    if (axis < 1 || axis > shape.rank())
      throw error<ValueError>("`shared_axes` must lie in 1 to {} for an input of shape {}. Received: {}", shape.rank(),
                              to_string(input_shape), axis);
    shape[axis - 1] = 1;
  }
  alpha_ = add_weight(
      "alpha", shape,
      {.initializer = args_.alpha_initializer, .regularizer = args_.alpha_regularizer, .constraint = args_.alpha_constraint});
}

Tensor PReLUImpl::call(const Tensor& x, const CallContext&) { return ops::relu(x) + -alpha_.value() * ops::relu(-x); }

void PReLUImpl::write_config(LayerConfig& config) const { config.add(args_); }

Handle<PReLUImpl> PReLU(PReLUArgs args) { return make<PReLUImpl>(std::move(args)); }

}  // namespace cornu::keras::layers

#include "cornu/keras/layers/pooling/max_pooling2d.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/layers/data_format.h"
#include "cornu/keras/ops/nn.h"

namespace cornu::keras::layers {

MaxPooling2DImpl::MaxPooling2DImpl(MaxPooling2DArgs args) : LayerImpl(base_args(args)), args_(std::move(args)) {
  args_.pool_size = args_.pool_size.repeated(2, "pool_size");
  args_.strides = args_.strides.is_none() ? args_.pool_size : IntOrList(args_.strides.repeated(2, "strides"));
  args_.data_format = data_format_name(args_.data_format);
  build_from({});  // no weights: built from the start, as in Keras
}

Tensor MaxPooling2DImpl::call(const Tensor& x, const CallContext&) {
  return ops::max_pool(x, args_.pool_size, args_.strides, args_.padding, args_.data_format);
}

void MaxPooling2DImpl::write_config(LayerConfig& config) const { config.add_null("pool_size").add_null("padding").add(args_); }

Handle<MaxPooling2DImpl> MaxPooling2D(MaxPooling2DArgs args) { return make<MaxPooling2DImpl>(std::move(args)); }

}  // namespace cornu::keras::layers

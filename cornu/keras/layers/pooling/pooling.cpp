#include "cornu/keras/layers/pooling/pooling.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/layers/data_format.h"
#include "cornu/keras/layers/input_rank.h"
#include "cornu/keras/ops/nn.h"

namespace cornu::keras::layers {

PoolingImpl::PoolingImpl(Mode mode, int spatial_axes, PoolingArgs args)
    : LayerImpl(base_args(args)), mode_(mode), spatial_axes_(spatial_axes), args_(std::move(args)) {
  args_.pool_size = args_.pool_size.repeated(spatial_axes, "pool_size");
  args_.strides = args_.strides.is_none() ? args_.pool_size : IntOrList(args_.strides.repeated(spatial_axes, "strides"));
  args_.data_format = data_format_name(args_.data_format);
  build_from({});  // no weights: built from the start, as in Keras
}

Tensor PoolingImpl::call(const Tensor& x, const CallContext&) {
  expect_rank(*this, x.shape(), spatial_axes_ + 2);
  const auto pool = mode_ == Mode::max ? ops::max_pool : ops::average_pool;
  return pool(x, args_.pool_size, args_.strides, args_.padding, args_.data_format);
}

void PoolingImpl::write_config(LayerConfig& config) const { config.add_null("pool_size").add_null("padding").add(args_); }

#define CORNU_POOLING(Class) \
  Handle<Class##Impl> Class(PoolingArgs args) { return make<Class##Impl>(std::move(args)); }
CORNU_POOLING(MaxPooling1D)
CORNU_POOLING(MaxPooling2D)
CORNU_POOLING(MaxPooling3D)
CORNU_POOLING(AveragePooling1D)
CORNU_POOLING(AveragePooling2D)
CORNU_POOLING(AveragePooling3D)
#undef CORNU_POOLING

}  // namespace cornu::keras::layers

#include "cornu/keras/layers/pooling/global_pooling.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/layers/data_format.h"
#include "cornu/keras/layers/input_rank.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::layers {

GlobalPoolingImpl::GlobalPoolingImpl(Mode mode, int spatial_axes, GlobalPoolingArgs args)
    : LayerImpl(base_args(args)), mode_(mode), spatial_axes_(spatial_axes), args_(std::move(args)) {
  args_.data_format = data_format_name(args_.data_format);
  build_from({});  // no weights: built from the start, as in Keras
}

bool GlobalPoolingImpl::channels_first() const { return is_channels_first(args_.data_format); }

Tensor GlobalPoolingImpl::call(const Tensor& x, const CallContext&) {
  expect_rank(*this, x.shape(), spatial_axes_ + 2);
  std::vector<int64_t> axes;
  for (int axis = 0; axis < spatial_axes_; ++axis) axes.push_back(axis + (channels_first() ? 2 : 1));
  return pool(x, axes, args_.keepdims);
}

Tensor GlobalPoolingImpl::pool(const Tensor& x, const std::vector<int64_t>& axes, bool keepdims) const {
  return mode_ == Mode::max ? ops::max(x, axes, keepdims) : ops::mean(x, axes, keepdims);
}

Tensor GlobalAveragePooling1DImpl::pool(const Tensor& x, const std::vector<int64_t>& axes, bool keepdims) const {
  if (!x.mask().exists()) return GlobalPoolingImpl::pool(x, axes, keepdims);
  const Tensor counts = ops::expand_dims(ops::cast(x.mask(), bool_), channels_first() ? 1 : 2);
  return ops::sum(ops::where(counts, x, 0), axes, keepdims) / ops::sum(ops::cast(counts, x.dtype()), axes, keepdims);
}

void GlobalPoolingImpl::write_config(LayerConfig& config) const { config.add(args_); }

#define CORNU_POOLING(Class) \
  Handle<Class##Impl> Class(GlobalPoolingArgs args) { return make<Class##Impl>(std::move(args)); }
CORNU_POOLING(GlobalMaxPooling1D)
CORNU_POOLING(GlobalMaxPooling2D)
CORNU_POOLING(GlobalMaxPooling3D)
CORNU_POOLING(GlobalAveragePooling1D)
CORNU_POOLING(GlobalAveragePooling2D)
CORNU_POOLING(GlobalAveragePooling3D)
#undef CORNU_POOLING

}  // namespace cornu::keras::layers

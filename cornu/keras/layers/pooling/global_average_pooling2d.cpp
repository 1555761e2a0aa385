#include "cornu/keras/layers/pooling/global_average_pooling2d.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/layers/data_format.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::layers {

GlobalAveragePooling2DImpl::GlobalAveragePooling2DImpl(GlobalAveragePooling2DArgs args)
    : LayerImpl(base_args(args)), args_(std::move(args)) {
  args_.data_format = data_format_name(args_.data_format);
  build_from({});  // no weights: built from the start, as in Keras
}

Tensor GlobalAveragePooling2DImpl::call(const Tensor& x, const CallContext&) {
  const IntOrList axes = is_channels_first(args_.data_format) ? IntOrList{2, 3} : IntOrList{1, 2};
  return ops::mean(x, axes, args_.keepdims);
}

void GlobalAveragePooling2DImpl::write_config(LayerConfig& config) const { config.add(args_); }

Handle<GlobalAveragePooling2DImpl> GlobalAveragePooling2D(GlobalAveragePooling2DArgs args) {
  return make<GlobalAveragePooling2DImpl>(std::move(args));
}

}  // namespace cornu::keras::layers

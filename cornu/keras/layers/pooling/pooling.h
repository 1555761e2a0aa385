#pragma once

#include "cornu/keras/layers/layer.h"
#include "cornu/keras/ops/int_or_list.h"

namespace cornu::keras {

struct PoolingArgs {
  IntOrList pool_size = 2;        // for each spatial axis
  IntOrList strides;              // default: pool_size
  std::string padding = "valid";  // or "same"
  std::string data_format;        // default: channels_last
  KERAS_LAYER_ARGS;
};
using MaxPooling1DArgs = PoolingArgs;
using MaxPooling2DArgs = PoolingArgs;
using MaxPooling3DArgs = PoolingArgs;
using AveragePooling1DArgs = PoolingArgs;
using AveragePooling2DArgs = PoolingArgs;
using AveragePooling3DArgs = PoolingArgs;

namespace layers {

// One value of each window of each channel: (batch, steps..., channels) gives (batch, windows..., channels).
class CORNU_API PoolingImpl : public LayerImpl {
 public:
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;

 protected:
  enum class Mode : uint8_t { max, average };
  PoolingImpl(Mode mode, int spatial_axes, PoolingArgs args);

 private:
  Mode mode_;
  int spatial_axes_;
  PoolingArgs args_;
};

#define CORNU_POOLING(Class, mode, spatial_axes)                                                       \
  class CORNU_API Class##Impl final : public PoolingImpl {                                             \
   public:                                                                                             \
    explicit Class##Impl(PoolingArgs args) : PoolingImpl(Mode::mode, spatial_axes, std::move(args)) {} \
  };                                                                                                   \
  CORNU_API Handle<Class##Impl> Class(PoolingArgs args = {});
// ValueError when called: an input of other than spatial_axes + 2 axes.
CORNU_POOLING(MaxPooling1D, max, 1)
CORNU_POOLING(MaxPooling2D, max, 2)
CORNU_POOLING(MaxPooling3D, max, 3)
// Padding counts for nothing.
CORNU_POOLING(AveragePooling1D, average, 1)
CORNU_POOLING(AveragePooling2D, average, 2)
CORNU_POOLING(AveragePooling3D, average, 3)
#undef CORNU_POOLING

}  // namespace layers
}  // namespace cornu::keras

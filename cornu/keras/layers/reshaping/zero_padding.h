#pragma once

#include "cornu/keras/layers/layer.h"
#include "cornu/keras/layers/reshaping/margins.h"

namespace cornu::keras {

struct ZeroPaddingArgs {
  Margins padding = 1;
  std::string data_format;  // default: channels_last
  KERAS_LAYER_ARGS;
};
using ZeroPadding1DArgs = ZeroPaddingArgs;
using ZeroPadding2DArgs = ZeroPaddingArgs;
using ZeroPadding3DArgs = ZeroPaddingArgs;

namespace layers {

// Zeros around the spatial axes: ZeroPadding1D({.padding = {1, 2}}) of (batch, 4, channels) gives (batch, 7, channels).
class CORNU_API ZeroPaddingImpl : public LayerImpl {
 public:
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;

 protected:
  ZeroPaddingImpl(int spatial_axes, ZeroPaddingArgs args);

 private:
  Margins::Pairs padding_;
  ZeroPaddingArgs args_;
};

#define CORNU_PADDING(Class, spatial_axes)                                                         \
  class CORNU_API Class##Impl final : public ZeroPaddingImpl {                                     \
   public:                                                                                         \
    explicit Class##Impl(ZeroPaddingArgs args) : ZeroPaddingImpl(spatial_axes, std::move(args)) {} \
  };                                                                                               \
  CORNU_API Handle<Class##Impl> Class(ZeroPaddingArgs args = {});
// ValueError: negative padding or not a pair an axis; when called, an input of other than spatial_axes + 2 axes.
CORNU_PADDING(ZeroPadding1D, 1)
CORNU_PADDING(ZeroPadding2D, 2)
CORNU_PADDING(ZeroPadding3D, 3)
#undef CORNU_PADDING

}  // namespace layers
}  // namespace cornu::keras

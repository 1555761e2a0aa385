#pragma once

#include "cornu/keras/layers/layer.h"
#include "cornu/keras/layers/reshaping/margins.h"

namespace cornu::keras {

struct Cropping1DArgs {
  Margins cropping = 1;
  KERAS_LAYER_ARGS;
};
struct Cropping2DArgs {
  Margins cropping = 0;
  std::string data_format;  // default: channels_last
  KERAS_LAYER_ARGS;
};
struct Cropping3DArgs {
  Margins cropping = 1;
  std::string data_format;
  KERAS_LAYER_ARGS;
};

namespace layers {

// Without the ends of the spatial axes: Cropping1D({.cropping = {1, 2}}) of (batch, 7, channels) gives (batch, 4, channels).
template <int kSpatialAxes, class Args>
class CORNU_API CroppingImpl : public LayerImpl {
 public:
  explicit CroppingImpl(Args args);
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;

 private:
  Margins::Pairs cropping_;
  Args args_;
};

#define CORNU_CROPPING(Class, spatial_axes)                                            \
  class CORNU_API Class##Impl final : public CroppingImpl<spatial_axes, Class##Args> { \
   public:                                                                             \
    using CroppingImpl::CroppingImpl;                                                  \
  };                                                                                   \
  CORNU_API Handle<Class##Impl> Class(Class##Args args = {});
// ValueError: negative cropping or not a pair an axis; when called, an input of other than spatial_axes + 2 axes, or one that is cut
// to nothing.
CORNU_CROPPING(Cropping1D, 1)
CORNU_CROPPING(Cropping2D, 2)
CORNU_CROPPING(Cropping3D, 3)
#undef CORNU_CROPPING

}  // namespace layers
}  // namespace cornu::keras

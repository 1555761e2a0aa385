#pragma once

#include "cornu/keras/layers/layer.h"

namespace cornu::keras {

struct GlobalPoolingArgs {
  std::string data_format;  // default: channels_last
  bool keepdims = false;
  KERAS_LAYER_ARGS;
};
using GlobalMaxPooling1DArgs = GlobalPoolingArgs;
using GlobalMaxPooling2DArgs = GlobalPoolingArgs;
using GlobalMaxPooling3DArgs = GlobalPoolingArgs;
using GlobalAveragePooling1DArgs = GlobalPoolingArgs;
using GlobalAveragePooling2DArgs = GlobalPoolingArgs;
using GlobalAveragePooling3DArgs = GlobalPoolingArgs;

namespace layers {

// One value of each channel: (batch, steps..., channels) gives (batch, channels).
class CORNU_API GlobalPoolingImpl : public LayerImpl {
 public:
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;

 protected:
  enum class Mode : uint8_t { max, average };
  GlobalPoolingImpl(Mode mode, int spatial_axes, GlobalPoolingArgs args);
  virtual Tensor pool(const Tensor& x, const std::vector<int64_t>& axes, bool keepdims) const;
  bool channels_first() const;

 private:
  Mode mode_;
  int spatial_axes_;
  GlobalPoolingArgs args_;
};

#define CORNU_POOLING(Class, mode, spatial_axes)                                                                   \
  class CORNU_API Class##Impl final : public GlobalPoolingImpl {                                                   \
   public:                                                                                                         \
    explicit Class##Impl(GlobalPoolingArgs args) : GlobalPoolingImpl(Mode::mode, spatial_axes, std::move(args)) {} \
  };                                                                                                               \
  CORNU_API Handle<Class##Impl> Class(GlobalPoolingArgs args = {});
// ValueError when called: an input of other than spatial_axes + 2 axes.
CORNU_POOLING(GlobalMaxPooling1D, max, 1)
CORNU_POOLING(GlobalMaxPooling2D, max, 2)
CORNU_POOLING(GlobalMaxPooling3D, max, 3)
CORNU_POOLING(GlobalAveragePooling2D, average, 2)
CORNU_POOLING(GlobalAveragePooling3D, average, 3)
#undef CORNU_POOLING

// The mean over the steps that the mask keeps.
class CORNU_API GlobalAveragePooling1DImpl final : public GlobalPoolingImpl {
 public:
  explicit GlobalAveragePooling1DImpl(GlobalPoolingArgs args) : GlobalPoolingImpl(Mode::average, 1, std::move(args)) {}
  bool supports_masking() const override { return true; }
  Tensor compute_mask(const Arguments&) override { return {}; }  // the steps are gone

 protected:
  Tensor pool(const Tensor& x, const std::vector<int64_t>& axes, bool keepdims) const override;
};
CORNU_API Handle<GlobalAveragePooling1DImpl> GlobalAveragePooling1D(GlobalPoolingArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

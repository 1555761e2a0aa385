#pragma once

#include "cornu/keras/layers/layer.h"

namespace cornu::keras {

struct GlobalAveragePooling2DArgs {
  std::string data_format;  // default: channels_last
  bool keepdims = false;
  KERAS_LAYER_ARGS;
};

namespace layers {

// The mean of each channel: (batch, height, width, channels) gives (batch, channels).
class CORNU_API GlobalAveragePooling2DImpl : public LayerImpl {
 public:
  explicit GlobalAveragePooling2DImpl(GlobalAveragePooling2DArgs args);
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;

 private:
  GlobalAveragePooling2DArgs args_;
};
CORNU_API Handle<GlobalAveragePooling2DImpl> GlobalAveragePooling2D(GlobalAveragePooling2DArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

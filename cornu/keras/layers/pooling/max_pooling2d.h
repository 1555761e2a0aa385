#pragma once

#include "cornu/keras/layers/layer.h"
#include "cornu/keras/ops/int_or_list.h"

namespace cornu::keras {

struct MaxPooling2DArgs {
  IntOrList pool_size{2, 2};
  IntOrList strides;              // default: pool_size
  std::string padding = "valid";  // or "same"
  std::string data_format;        // default: channels_last
  KERAS_LAYER_ARGS;
};

namespace layers {

// The largest value of each window of each channel.
class CORNU_API MaxPooling2DImpl : public LayerImpl {
 public:
  explicit MaxPooling2DImpl(MaxPooling2DArgs args);
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;

 private:
  MaxPooling2DArgs args_;
};
CORNU_API Handle<MaxPooling2DImpl> MaxPooling2D(MaxPooling2DArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

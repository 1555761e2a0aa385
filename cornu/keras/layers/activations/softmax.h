#pragma once

#include "cornu/keras/layers/layer.h"
#include "cornu/keras/ops/int_or_list.h"

namespace cornu::keras {

struct SoftmaxArgs {
  IntOrList axis = -1;
  KERAS_LAYER_ARGS;
};

namespace layers {

// exp(x) / sum(exp(x)) along an axis.
class CORNU_API SoftmaxImpl : public LayerImpl {
 public:
  explicit SoftmaxImpl(SoftmaxArgs args);
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;
  bool supports_masking() const override { return true; }

 private:
  SoftmaxArgs args_;
};
CORNU_API Handle<SoftmaxImpl> Softmax(SoftmaxArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

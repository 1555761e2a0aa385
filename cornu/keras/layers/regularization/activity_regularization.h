#pragma once

#include "cornu/keras/layers/layer.h"

namespace cornu::keras {

struct ActivityRegularizationArgs {
  double l1 = 0, l2 = 0;
  KERAS_LAYER_ARGS;
};

namespace layers {

// Its input, of which l1 sum|x| + l2 sum x^2, averaged over the batch, joins the loss.
class CORNU_API ActivityRegularizationImpl : public LayerImpl {
 public:
  explicit ActivityRegularizationImpl(ActivityRegularizationArgs args);
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;
  bool supports_masking() const override { return true; }

 private:
  ActivityRegularizationArgs args_;
};
CORNU_API Handle<ActivityRegularizationImpl> ActivityRegularization(ActivityRegularizationArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

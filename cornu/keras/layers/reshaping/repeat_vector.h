#pragma once

#include "cornu/keras/layers/layer.h"

namespace cornu::keras {

struct RepeatVectorArgs {
  KERAS_LAYER_ARGS;
};

namespace layers {

// Each row n times: (batch, features) gives (batch, n, features).
class CORNU_API RepeatVectorImpl : public LayerImpl {
 public:
  RepeatVectorImpl(int64_t n, RepeatVectorArgs args);
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;

 private:
  int64_t n_;
};
// ValueError: n below 1; when called, an input of other than two axes.
CORNU_API Handle<RepeatVectorImpl> RepeatVector(int64_t n, RepeatVectorArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

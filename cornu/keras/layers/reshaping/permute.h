#pragma once

#include "cornu/keras/layers/layer.h"

namespace cornu::keras {

struct PermuteArgs {
  KERAS_LAYER_ARGS;
};

namespace layers {

// The axes after the batch in another order: Permute({2, 1}) of (batch, 3, 4) gives (batch, 4, 3).
class CORNU_API PermuteImpl : public LayerImpl {
 public:
  PermuteImpl(std::vector<int64_t> dims, PermuteArgs args);
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;

 private:
  std::vector<int64_t> dims_;
};
// `dims`: axes, the first after the batch is 1. ValueError: not each of 1 to dims.size() once.
CORNU_API Handle<PermuteImpl> Permute(std::vector<int64_t> dims, PermuteArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

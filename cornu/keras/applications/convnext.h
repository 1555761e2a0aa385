#pragma once

#include "cornu/keras/layers/layer.h"

// The layers of keras.applications.convnext, which its files name.

namespace cornu::keras {

struct LayerScaleArgs {
  KERAS_LAYER_ARGS;
};
struct StochasticDepthArgs {
  KERAS_LAYER_ARGS;
};

namespace layers {

// x gamma, with a weight for each of `projection_dim` channels that starts at init_values. Touvron et al., 2021.
class CORNU_API LayerScaleImpl : public LayerImpl {
 public:
  LayerScaleImpl(double init_values, int64_t projection_dim, const LayerScaleArgs& args)
      : LayerImpl(base_args(args)), init_values_(init_values), projection_dim_(projection_dim) {}
  std::string module_name() const override;
  std::string registered_name() const override { return class_name(); }
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;

 private:
  double init_values_;
  int64_t projection_dim_;
  Variable gamma_;
};
CORNU_API Handle<LayerScaleImpl> LayerScale(double init_values, int64_t projection_dim, LayerScaleArgs args = {});

// In training, whole examples become 0 with the probability drop_path_rate, and the others grow by 1 / (1 - drop_path_rate): a
// residual path that is sometimes dropped, by the process's generator. Huang et al., 2016.
class CORNU_API StochasticDepthImpl : public LayerImpl {
 public:
  StochasticDepthImpl(double drop_path_rate, const StochasticDepthArgs& args);
  std::string module_name() const override;
  std::string registered_name() const override { return class_name(); }
  Tensor call(const Tensor& x, const CallContext& context) override;
  void write_config(LayerConfig& config) const override;

 private:
  double drop_path_rate_;
};
// ValueError: a rate outside of [0, 1).
CORNU_API Handle<StochasticDepthImpl> StochasticDepth(double drop_path_rate, StochasticDepthArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

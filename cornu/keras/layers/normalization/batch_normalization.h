#pragma once

#include <optional>

#include "cornu/keras/layers/layer.h"

namespace cornu::keras {

// How far renormalization may correct; what is not given is not limited.
struct RenormClipping {
  std::optional<double> rmax, rmin, dmax;
};
CORNU_API void write_json(const RenormClipping& clipping, Json& out);
CORNU_API void read_json(const Json& json, RenormClipping& clipping);  // ValueError: another key

struct BatchNormalizationArgs {
  int axis = -1;
  double momentum = 0.99, epsilon = 1e-3;
  bool center = true, scale = true;
  Initializer beta_initializer = "zeros", gamma_initializer = "ones", moving_mean_initializer = "zeros",
              moving_variance_initializer = "ones";
  Regularizer beta_regularizer, gamma_regularizer;
  Constraint beta_constraint, gamma_constraint;
  bool synchronized = false;
  bool renorm = false;
  std::optional<RenormClipping> renorm_clipping;
  double renorm_momentum = 0.99;
  KERAS_LAYER_ARGS;
};

namespace layers {

// gamma (x - mean) / sqrt(variance + epsilon) + beta for each index of `axis`: in training with the batch's statistics, whose
// moving averages (x <- x momentum + batch (1 - momentum)) serve otherwise. Ioffe and Szegedy, 2015. With `renorm` the training
// output is corrected towards slower averages: x r + d, where r = stddev / renorm_stddev and d = (mean - renorm_mean) /
// renorm_stddev carry no gradient. Ioffe, 2017.
class CORNU_API BatchNormalizationImpl : public LayerImpl {
 public:
  explicit BatchNormalizationImpl(BatchNormalizationArgs args);
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& x, const CallContext& context) override;
  void write_config(LayerConfig& config) const override;
  bool supports_masking() const override { return true; }

 private:
  struct Correction {
    Tensor r, d;
  };
  Correction correction(const Tensor& mean, const Tensor& stddev) const;
  void update_averages(const Tensor& mean, const Tensor& variance);

  BatchNormalizationArgs args_;
  Variable gamma_, beta_, moving_mean_, moving_variance_, moving_stddev_, renorm_mean_, renorm_stddev_;
};
// ValueError: an impossible renorm_clipping.
CORNU_API Handle<BatchNormalizationImpl> BatchNormalization(BatchNormalizationArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

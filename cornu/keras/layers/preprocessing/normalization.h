#pragma once

#include "cornu/keras/layers/layer.h"
#include "cornu/keras/layers/preprocessing/numbers.h"
#include "cornu/keras/ops/int_or_list.h"

namespace cornu::keras {

struct NormalizationArgs {
  IntOrList axis = -1;     // those that have a mean and a variance an element; none: one for all
  Numbers mean, variance;  // default: what `adapt` sees
  bool invert = false;     // back from normalized values
  KERAS_LAYER_ARGS;
};

namespace layers {

// (x - mean) / max(sqrt(variance), epsilon), with the mean and the variance of the data.
class CORNU_API NormalizationImpl : public LayerImpl {
 public:
  explicit NormalizationImpl(NormalizationArgs args);
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& x, const CallContext&) override;
  void write_config(LayerConfig& config) const override;
  bool supports_masking() const override { return true; }

  // Takes mean and variance from data, whole or in batches, and forgets those before. ValueError: no data, a shape that differs from
  // the one that the layer was built for.
  void adapt(const Tensor& data) { adapt(std::vector<Tensor>{data}); }
  void adapt(const std::vector<Tensor>& batches);

 private:
  std::vector<int> kept(const Shape& input) const;
  Tensor beside(const Tensor& statistic, const Shape& input) const;

  NormalizationArgs args_;
  Variable mean_, variance_;
};
// ValueError: one of mean and variance without the other, or of another shape; when built, an axis whose dim is unknown.
CORNU_API Handle<NormalizationImpl> Normalization(NormalizationArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

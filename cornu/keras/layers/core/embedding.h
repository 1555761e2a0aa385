#pragma once

#include "cornu/keras/layers/layer.h"

namespace cornu::keras {

struct EmbeddingArgs {
  Initializer embeddings_initializer = "uniform";
  Regularizer embeddings_regularizer, activity_regularizer;
  Constraint embeddings_constraint;
  bool mask_zero = false;  // index 0 is padding: it counts for nothing in the layers behind
  KERAS_LAYER_ARGS;
};

namespace layers {

// Each index becomes a row of the weight: (batch, steps...) of whole numbers gives (batch, steps..., output_dim). An index outside
// of [0, input_dim) ends the run in a ValueError.
class CORNU_API EmbeddingImpl : public LayerImpl {
 public:
  EmbeddingImpl(int64_t input_dim, int64_t output_dim, EmbeddingArgs args);
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& x, const CallContext&) override;
  Tensor compute_mask(const Arguments& arguments) override;
  bool autocast() const override { return false; }
  bool supports_masking() const override { return args_.mask_zero; }
  void write_config(LayerConfig& config) const override;

 private:
  int64_t input_dim_, output_dim_;
  EmbeddingArgs args_;
  Variable embeddings_;
};
// ValueError: dims that are not positive.
CORNU_API Handle<EmbeddingImpl> Embedding(int64_t input_dim, int64_t output_dim, EmbeddingArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

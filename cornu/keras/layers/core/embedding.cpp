#include "cornu/keras/layers/core/embedding.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/ops/one_hot/one_hot.h"

namespace cornu::keras::layers {
namespace {

void check_dim(const char* argument, int64_t value) {
  if (value <= 0) throw error<ValueError>("`{}` must be a positive integer. Received: {}={}.", argument, argument, value);
}

}  // namespace

EmbeddingImpl::EmbeddingImpl(int64_t input_dim, int64_t output_dim, EmbeddingArgs args)
    : LayerImpl(base_args(args)), input_dim_(input_dim), output_dim_(output_dim), args_(std::move(args)) {
  check_dim("input_dim", input_dim);
  check_dim("output_dim", output_dim);
  set_activity_regularizer(args_.activity_regularizer);
}

void EmbeddingImpl::build(const Shape&) {
  embeddings_ = add_weight("embeddings", {input_dim_, output_dim_},
                           {.initializer = args_.embeddings_initializer,
                            .regularizer = args_.embeddings_regularizer,
                            .constraint = args_.embeddings_constraint});
}

Tensor EmbeddingImpl::call(const Tensor& x, const CallContext&) {
  const Tensor whole = x.dtype() == int32 || x.dtype() == int64 ? x : ops::cast(x, int32);
  const Tensor indices(cornu::ops::check_index(whole.value(), input_dim_, "Embedding"));
  return ops::cast(ops::take(embeddings_, indices, 0), compute_dtype());
}

Tensor EmbeddingImpl::compute_mask(const Arguments& arguments) {
  if (!args_.mask_zero) return {};
  return ops::not_equal(arguments.first().leaf(), 0);
}

void EmbeddingImpl::write_config(LayerConfig& config) const {
  config.add("input_dim", input_dim_).add("output_dim", output_dim_).add(args_).add_null("quantization_config");
}

Handle<EmbeddingImpl> Embedding(int64_t input_dim, int64_t output_dim, EmbeddingArgs args) {
  return make<EmbeddingImpl>(input_dim, output_dim, std::move(args));
}

}  // namespace cornu::keras::layers

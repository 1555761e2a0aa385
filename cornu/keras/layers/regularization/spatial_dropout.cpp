#include "cornu/keras/layers/regularization/spatial_dropout.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/layers/data_format.h"
#include "cornu/keras/layers/input_rank.h"
#include "cornu/keras/random/random.h"

namespace cornu::keras::layers {

SpatialDropoutImpl::SpatialDropoutImpl(int spatial_axes, double rate, std::optional<std::string> data_format,
                                       std::optional<int64_t> seed, LayerBaseArgs base)
    : LayerImpl(std::move(base)), spatial_axes_(spatial_axes), rate_(rate), seed_(seed) {
  if (!(rate >= 0 && rate <= 1))
    throw error<ValueError>(
        "Invalid value received for argument `rate`. Expected a float value between 0 and 1. Received: rate={}", rate);
  if (data_format) data_format_ = data_format_name(*data_format);
  if (rate > 0) {
    seed_generator_ = std::make_shared<SeedGenerator>(seed);
    track_child("seed_generator", seed_generator_);
  }
  build_from({});  // no weights: built from the start, as in Keras
}

Tensor SpatialDropoutImpl::call(const Tensor& x, const CallContext& context) {
  expect_rank(*this, x.shape(), spatial_axes_ + 2);
  if (!context.training || rate_ == 0) return x;
  const int first = data_format_ == "channels_first" ? 2 : 1;
  random::NoiseShape shape(x.rank());
  for (int axis = first; axis < first + spatial_axes_; ++axis) shape[axis] = 1;
  return random::dropout(x, rate_, shape, *seed_generator_);
}

// Keras writes these in an order of their own, and the dtype of variables for a policy, which loses one that mixes: it reads this.
void SpatialDropoutImpl::write_config(LayerConfig& config) const {
  config.remove("trainable");
  config.add("rate", rate_).add("seed", seed_).move_to_end("name").move_to_end("dtype");
  if (compute_dtype() == variable_dtype()) config.add("dtype", std::string(variable_dtype().name()));
  if (data_format_) config.add("data_format", *data_format_);
}

Handle<SpatialDropout1DImpl> SpatialDropout1D(double rate, SpatialDropout1DArgs args) {
  return make<SpatialDropout1DImpl>(rate, args);
}
Handle<SpatialDropout2DImpl> SpatialDropout2D(double rate, SpatialDropout2DArgs args) {
  return make<SpatialDropout2DImpl>(rate, args);
}
Handle<SpatialDropout3DImpl> SpatialDropout3D(double rate, SpatialDropout3DArgs args) {
  return make<SpatialDropout3DImpl>(rate, args);
}

}  // namespace cornu::keras::layers

#include "cornu/keras/layers/regularization/dropout.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/random/random.h"

namespace cornu::keras::layers {

DropoutImpl::DropoutImpl(double rate, DropoutArgs args) : LayerImpl(base_args(args)), rate_(rate), args_(std::move(args)) {
  if (rate < 0 || rate > 1)
    throw error<ValueError>(
        "Invalid value received for argument `rate`. Expected a float value between 0 and 1. Received: rate={}", rate);
  for (const auto& dim : args_.noise_shape.value_or(random::NoiseShape()))
    if (dim && *dim <= 0)
      throw error<ValueError>(
          "Invalid value received for argument `noise_shape`. Expected positive integers or None. Received: {}", *dim);
  if (rate > 0) {
    seed_generator_ = std::make_shared<SeedGenerator>(args_.seed);
    track_child("seed_generator", seed_generator_);
  }
  build_from({});  // no weights: built from the start, as in Keras
}

Tensor DropoutImpl::call(const Tensor& x, const CallContext& context) {
  if (!context.training || rate_ == 0) return x;
  return random::dropout(x, rate_, args_.noise_shape, *seed_generator_);
}

void DropoutImpl::write_config(LayerConfig& config) const { config.add("rate", rate_).add_null("seed").add(args_); }

Handle<DropoutImpl> Dropout(double rate, DropoutArgs args) { return make<DropoutImpl>(rate, std::move(args)); }

}  // namespace cornu::keras::layers

#include "cornu/keras/layers/regularization/gaussian.h"

#include <cmath>

#include "cornu/keras/layers/config.h"
#include "cornu/keras/random/random.h"

namespace cornu::keras::layers {

GaussianImpl::GaussianImpl(const char* argument, double amount, GaussianArgs args)
    : LayerImpl(base_args(args)), argument_(argument), amount_(amount), args_(std::move(args)) {
  if (!(amount >= 0 && amount <= 1))
    throw error<ValueError>("Invalid value received for argument `{}`. Expected a float value between 0 and 1. Received: {}={}",
                            argument, argument, amount);
  if (amount > 0) {
    seed_generator_ = std::make_shared<SeedGenerator>(args_.seed);
    track_child("seed_generator", seed_generator_);
  }
  build_from({});  // no weights: built from the start, as in Keras
}

Tensor GaussianImpl::call(const Tensor& x, const CallContext& context) {
  return context.training && amount_ > 0 ? disturbed(x, *seed_generator_) : x;
}

void GaussianImpl::write_config(LayerConfig& config) const { config.add(argument_, amount_).add(args_); }

Tensor GaussianNoiseImpl::disturbed(const Tensor& x, const SeedGenerator& seed) const {
  return x + random::normal(x.shape(), 0.0, amount(), x.dtype(), seed);
}
Handle<GaussianNoiseImpl> GaussianNoise(double stddev, GaussianArgs args) {
  return make<GaussianNoiseImpl>(stddev, std::move(args));
}

Tensor GaussianDropoutImpl::disturbed(const Tensor& x, const SeedGenerator& seed) const {
  return x * random::normal(x.shape(), 1.0, std::sqrt(amount() / (1 - amount())), x.dtype(), seed);
}
Handle<GaussianDropoutImpl> GaussianDropout(double rate, GaussianArgs args) {
  return make<GaussianDropoutImpl>(rate, std::move(args));
}

}  // namespace cornu::keras::layers

#pragma once

#include <optional>

#include "cornu/keras/layers/layer.h"
#include "cornu/keras/random/seed_generator.h"

namespace cornu::keras {

struct GaussianArgs {
  std::optional<int64_t> seed;
  KERAS_LAYER_ARGS;
};
using GaussianNoiseArgs = GaussianArgs;
using GaussianDropoutArgs = GaussianArgs;

namespace layers {

// In training, noise of a normal distribution on each element; otherwise the identity.
class CORNU_API GaussianImpl : public LayerImpl {
 public:
  Tensor call(const Tensor& x, const CallContext& context) override;
  void write_config(LayerConfig& config) const override;
  bool supports_masking() const override { return true; }

 protected:
  // `argument` is the amount's name in Keras. ValueError: an amount outside [0, 1].
  GaussianImpl(const char* argument, double amount, GaussianArgs args);
  virtual Tensor disturbed(const Tensor& x, const SeedGenerator& seed) const = 0;
  double amount() const { return amount_; }

 private:
  const char* argument_;
  double amount_;
  GaussianArgs args_;
  std::shared_ptr<SeedGenerator> seed_generator_;
};

// x + normal(0, stddev).
class CORNU_API GaussianNoiseImpl final : public GaussianImpl {
 public:
  GaussianNoiseImpl(double stddev, GaussianArgs args) : GaussianImpl("stddev", stddev, std::move(args)) {}

 protected:
  Tensor disturbed(const Tensor& x, const SeedGenerator& seed) const override;
};
CORNU_API Handle<GaussianNoiseImpl> GaussianNoise(double stddev, GaussianArgs args = {});

// x normal(1, sqrt(rate / (1 - rate))). Srivastava et al., 2014.
class CORNU_API GaussianDropoutImpl final : public GaussianImpl {
 public:
  GaussianDropoutImpl(double rate, GaussianArgs args) : GaussianImpl("rate", rate, std::move(args)) {}

 protected:
  Tensor disturbed(const Tensor& x, const SeedGenerator& seed) const override;
};
CORNU_API Handle<GaussianDropoutImpl> GaussianDropout(double rate, GaussianArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

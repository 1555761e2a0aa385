#pragma once

#include <optional>

#include "cornu/keras/layers/layer.h"
#include "cornu/keras/random/seed_generator.h"

namespace cornu::keras {

struct SpatialDropout1DArgs {
  std::optional<int64_t> seed;
  KERAS_LAYER_ARGS;
};
struct SpatialDropout2DArgs {
  std::string data_format;  // default: channels_last
  std::optional<int64_t> seed;
  KERAS_LAYER_ARGS;
};
using SpatialDropout3DArgs = SpatialDropout2DArgs;

namespace layers {

// In training, sets a share of the channels to 0, whole, and scales the others by 1 / (1 - rate). Tompson et al., 2014.
class CORNU_API SpatialDropoutImpl : public LayerImpl {
 public:
  Tensor call(const Tensor& x, const CallContext& context) override;
  void write_config(LayerConfig& config) const override;
  bool supports_masking() const override { return true; }

 protected:
  // Without a `data_format` the layer has no such argument, and channels are last.
  SpatialDropoutImpl(int spatial_axes, double rate, std::optional<std::string> data_format, std::optional<int64_t> seed,
                     LayerBaseArgs base);

 private:
  int spatial_axes_;
  double rate_;
  std::optional<std::string> data_format_;
  std::optional<int64_t> seed_;
  std::shared_ptr<SeedGenerator> seed_generator_;
};

class CORNU_API SpatialDropout1DImpl final : public SpatialDropoutImpl {
 public:
  SpatialDropout1DImpl(double rate, const SpatialDropout1DArgs& args)
      : SpatialDropoutImpl(1, rate, {}, args.seed, base_args(args)) {}
};
class CORNU_API SpatialDropout2DImpl final : public SpatialDropoutImpl {
 public:
  SpatialDropout2DImpl(double rate, const SpatialDropout2DArgs& args)
      : SpatialDropoutImpl(2, rate, args.data_format, args.seed, base_args(args)) {}
};
class CORNU_API SpatialDropout3DImpl final : public SpatialDropoutImpl {
 public:
  SpatialDropout3DImpl(double rate, const SpatialDropout3DArgs& args)
      : SpatialDropoutImpl(3, rate, args.data_format, args.seed, base_args(args)) {}
};
// ValueError: a rate outside [0, 1]; when called, an input of other than spatial axes + 2 axes.
CORNU_API Handle<SpatialDropout1DImpl> SpatialDropout1D(double rate, SpatialDropout1DArgs args = {});
CORNU_API Handle<SpatialDropout2DImpl> SpatialDropout2D(double rate, SpatialDropout2DArgs args = {});
CORNU_API Handle<SpatialDropout3DImpl> SpatialDropout3D(double rate, SpatialDropout3DArgs args = {});

}  // namespace layers
}  // namespace cornu::keras

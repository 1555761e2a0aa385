#pragma once

#include "cornu/keras/layers/layer.h"
#include "cornu/keras/ops/int_or_list.h"

namespace cornu::keras {

struct UpSampling1DArgs {
  int64_t size = 2;
  KERAS_LAYER_ARGS;
};
struct UpSampling2DArgs {
  IntOrList size = 2;                     // of height and width
  std::string data_format;                // default: channels_last
  std::string interpolation = "nearest";  // or "bilinear"
  KERAS_LAYER_ARGS;
};
struct UpSampling3DArgs {
  IntOrList size = 2;
  std::string data_format;  // default: channels_last
  KERAS_LAYER_ARGS;
};

namespace layers {

// More steps along each spatial axis: (batch, steps..., channels) gives (batch, steps * size..., channels).
class CORNU_API UpSamplingImpl : public LayerImpl {
 public:
  Tensor call(const Tensor& x, const CallContext&) override;

 protected:
  using Enlarge = Tensor (*)(const Tensor& x, int axis, int64_t factor);
  UpSamplingImpl(std::vector<int64_t> factors, bool channels_first, Enlarge enlarge, LayerBaseArgs base);
  const std::vector<int64_t>& factors() const { return factors_; }

 private:
  std::vector<int64_t> factors_;  // of each spatial axis
  bool channels_first_;
  Enlarge enlarge_;
};

#define CORNU_UP_SAMPLING(Class)                              \
  class CORNU_API Class##Impl final : public UpSamplingImpl { \
   public:                                                    \
    explicit Class##Impl(Class##Args args);                   \
    void write_config(LayerConfig& config) const override;    \
                                                              \
   private:                                                   \
    Class##Args args_;                                        \
  };                                                          \
  CORNU_API Handle<Class##Impl> Class(Class##Args args = {});
// Each element `size` times. ValueError: a size that is not positive; when called, an input of another rank.
CORNU_UP_SAMPLING(UpSampling1D)
// Or, by "bilinear", on the line between neighbours, elements lying in the middle of their pixels. ValueError: another interpolation.
CORNU_UP_SAMPLING(UpSampling2D)
CORNU_UP_SAMPLING(UpSampling3D)
#undef CORNU_UP_SAMPLING

}  // namespace layers
}  // namespace cornu::keras

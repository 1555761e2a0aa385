#include "cornu/keras/initializers/initializers.h"

#include <algorithm>
#include <cmath>

#include "cornu/base/python_names.h"
#include "cornu/keras/initializers/make_initializer.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/random/seed.h"
#include "cornu/keras/saving/serialization.h"
#include "cornu/ops/random/random.h"

namespace cornu::keras {
namespace initializers {
namespace {

class IdentityImpl final : public InitializerImpl {
 public:
  explicit IdentityImpl(double gain) : gain_(gain) {}
  std::string class_name() const override { return "Identity"; }
  Tensor call(const Shape& shape, DType dtype) const override {
    if (shape.rank() != 2)
      throw error<ValueError>("Identity matrix initializer can only be used for 2D matrices. Received: shape={} of rank {}.",
                              to_string(shape), shape.rank());
    return ops::eye(shape[0], shape[1], 0, dtype) * gain_;
  }
  Json get_config() const override { return Json::object(); }  // as Keras's, which reads a gain but writes none

 private:
  double gain_;
};

struct Fans {
  double in, out;
};
// A kernel's inputs and outputs: of a convolution (spatial..., in, out) each counts once a position.
Fans fans_of(const VarianceScalingArgs& args, const Shape& shape) {
  if (args.input_axes && args.output_axes) {
    Fans fans{1, 1};
    for (int axis : *args.input_axes) fans.in *= double(shape[normalize_axis(axis, shape.rank(), "input_axes")]);
    for (int axis : *args.output_axes) fans.out *= double(shape[normalize_axis(axis, shape.rank(), "output_axes")]);
    return fans;
  }
  if (shape.rank() == 0) return {1, 1};
  if (shape.rank() == 1) return {double(shape[0]), double(shape[0])};
  double receptive = 1;
  for (int i = 0; i < shape.rank() - 2; ++i) receptive *= double(shape[i]);
  return {double(shape[-2]) * receptive, double(shape[-1]) * receptive};
}

Tensor scaled(const VarianceScalingArgs& args, const Shape& shape, DType dtype) {
  const Fans fans = fans_of(args, shape);
  const double fan = args.mode == "fan_in" ? fans.in : args.mode == "fan_out" ? fans.out : (fans.in + fans.out) / 2;
  const double variance = args.scale / std::max(1.0, fan);
  if (args.distribution == "uniform") {
    const double limit = std::sqrt(3.0 * variance);
    return draw(cornu::ops::random_uniform, args.seed, shape, dtype) * (2 * limit) - limit;
  }
  if (args.distribution == "untruncated_normal")
    return draw(cornu::ops::random_normal, args.seed, shape, dtype) * std::sqrt(variance);
  // The deviation of a normal cut at two deviations is smaller by this constant.
  return draw(cornu::ops::random_truncated_normal, args.seed, shape, dtype) * (std::sqrt(variance) / 0.87962566103423978);
}

void check(const VarianceScalingArgs& args) {
  if (args.scale <= 0) throw error<ValueError>("Argument `scale` must be positive float. Received: scale={}", args.scale);
  if (args.mode != "fan_in" && args.mode != "fan_out" && args.mode != "fan_avg")
    throw error<ValueError>("Invalid `mode` argument: {}. Please use one of 'fan_in', 'fan_out', 'fan_avg'", args.mode);
  if (args.distribution != "uniform" && args.distribution != "truncated_normal" && args.distribution != "untruncated_normal")
    throw error<ValueError>(
        "Invalid `distribution` argument: {}. Please use one of 'uniform', 'truncated_normal', 'untruncated_normal'",
        args.distribution);
}

}  // namespace

Tensor draw(Draw distribution, const std::optional<int64_t>& seed, const Shape& shape, DType dtype) {
  return Tensor(distribution(key_of_seed(seed ? *seed : make_default_seed()).value(), shape, dtype));
}

Initializer Zeros() {
  return make_initializer(
      "Zeros", NoArgs{}, +[](const NoArgs&, const Shape& shape, DType dtype) { return ops::zeros(shape, dtype); });
}
Initializer Ones() {
  return make_initializer(
      "Ones", NoArgs{}, +[](const NoArgs&, const Shape& shape, DType dtype) { return ops::ones(shape, dtype); });
}
Initializer Constant(ConstantArgs args) {
  return make_initializer(
      "Constant", args, +[](const ConstantArgs& a, const Shape& shape, DType dtype) { return ops::full(shape, a.value, dtype); });
}
Initializer Identity(IdentityArgs args) { return Initializer(std::make_shared<const IdentityImpl>(args.gain)); }
Initializer RandomNormal(RandomNormalArgs args) {
  return make_initializer(
      "RandomNormal", args, +[](const RandomNormalArgs& a, const Shape& shape, DType dtype) {
        return draw(cornu::ops::random_normal, a.seed, shape, dtype) * a.stddev + a.mean;
      });
}
Initializer TruncatedNormal(TruncatedNormalArgs args) {
  return make_initializer(
      "TruncatedNormal", args, +[](const TruncatedNormalArgs& a, const Shape& shape, DType dtype) {
        return draw(cornu::ops::random_truncated_normal, a.seed, shape, dtype) * a.stddev + a.mean;
      });
}
Initializer RandomUniform(RandomUniformArgs args) {
  return make_initializer(
      "RandomUniform", args, +[](const RandomUniformArgs& a, const Shape& shape, DType dtype) {
        return draw(cornu::ops::random_uniform, a.seed, shape, dtype) * (a.maxval - a.minval) + a.minval;
      });
}
Initializer VarianceScaling(VarianceScalingArgs args) {
  if (args.distribution == "normal") args.distribution = "truncated_normal";
  check(args);
  return make_initializer("VarianceScaling", args, scaled);
}

#define CORNU_SCALED(Class, scale, mode, distribution)                                                   \
  Initializer Class(FanArgs args) {                                                                      \
    return make_initializer(                                                                             \
        #Class, args, +[](const FanArgs& a, const Shape& shape, DType dtype) {                           \
          return scaled({scale, mode, distribution, a.seed, a.input_axes, a.output_axes}, shape, dtype); \
        });                                                                                              \
  }
CORNU_SCALED(GlorotUniform, 1.0, "fan_avg", "uniform")
CORNU_SCALED(GlorotNormal, 1.0, "fan_avg", "truncated_normal")
CORNU_SCALED(HeUniform, 2.0, "fan_in", "uniform")
CORNU_SCALED(HeNormal, 2.0, "fan_in", "truncated_normal")
CORNU_SCALED(LecunUniform, 1.0, "fan_in", "uniform")
CORNU_SCALED(LecunNormal, 1.0, "fan_in", "truncated_normal")
#undef CORNU_SCALED

std::span<const InitializerRow> registry() {
#define ROW(Class, Args, ...)                                                                          \
  {                                                                                                    \
#Class, {__VA_ARGS__ }, +[](const Json& config) { return Class(saving::from_json<Args>(config)); } \
  }
  static const InitializerRow rows[] = {
      {"Zeros", {"zeros", "zero"}, +[](const Json&) { return Zeros(); }},
      {"Ones", {"ones", "one"}, +[](const Json&) { return Ones(); }},
      ROW(Constant, ConstantArgs, "constant"),
      ROW(Identity, IdentityArgs, "identity", "IdentityInitializer"),
      ROW(STFT, STFTArgs, "stft", "STFTInitializer"),
      ROW(Orthogonal, OrthogonalArgs, "orthogonal", "OrthogonalInitializer"),
      ROW(RandomNormal, RandomNormalArgs, "random_normal", "normal"),
      ROW(TruncatedNormal, TruncatedNormalArgs, "truncated_normal"),
      ROW(RandomUniform, RandomUniformArgs, "random_uniform", "uniform"),
      ROW(VarianceScaling, VarianceScalingArgs, "variance_scaling"),
      ROW(GlorotUniform, FanArgs, "glorot_uniform"),
      ROW(GlorotNormal, FanArgs, "glorot_normal"),
      ROW(HeUniform, FanArgs, "he_uniform"),
      ROW(HeNormal, FanArgs, "he_normal"),
      ROW(LecunUniform, FanArgs, "lecun_uniform"),
      ROW(LecunNormal, FanArgs, "lecun_normal"),
  };
#undef ROW
  return rows;
}

}  // namespace initializers

PYTHON_NAMES("keras.Initializer");
Initializer::Initializer(const std::string& name) {
  if (!name.empty()) read_object(Json(name), *this, initializers::registry());
}

void write_json(const Initializer& initializer, Json& out) { out = initializer ? serialize(*initializer.impl()) : Json(); }
void read_json(const Json& json, Initializer& initializer) { read_object(json, initializer, initializers::registry()); }

}  // namespace cornu::keras

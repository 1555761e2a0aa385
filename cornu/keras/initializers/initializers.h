#pragma once

#include <optional>
#include <span>

#include "cornu/keras/initializers/initializer.h"

// Without a seed an initializer takes the next one of the process (random::set_seed makes these repeatable). The numbers come
// from Philox: distributions are Keras's, the bits are not.
namespace cornu::keras::initializers {

CORNU_API Initializer Zeros();
CORNU_API Initializer Ones();

struct ConstantArgs {
  double value = 0.0;
};
CORNU_API Initializer Constant(ConstantArgs args = {});

struct RandomNormalArgs {
  double mean = 0.0, stddev = 0.05;
  std::optional<int64_t> seed;
};
CORNU_API Initializer RandomNormal(RandomNormalArgs args = {});

struct TruncatedNormalArgs {
  double mean = 0.0, stddev = 0.05;
  std::optional<int64_t> seed;
};
// Values beyond two standard deviations are drawn again.
CORNU_API Initializer TruncatedNormal(TruncatedNormalArgs args = {});

struct RandomUniformArgs {
  double minval = -0.05, maxval = 0.05;
  std::optional<int64_t> seed;
};
CORNU_API Initializer RandomUniform(RandomUniformArgs args = {});

struct VarianceScalingArgs {
  double scale = 1.0;                             // positive
  std::string mode = "fan_in";                    // fan_in, fan_out, fan_avg
  std::string distribution = "truncated_normal";  // truncated_normal, untruncated_normal, uniform
  std::optional<int64_t> seed;
  std::optional<std::vector<int>> input_axes, output_axes;  // both given: the axes whose product each fan is; default: a kernel's
};
// Variance scale / fan (He et al., 2015; Glorot and Bengio, 2010).
CORNU_API Initializer VarianceScaling(VarianceScalingArgs args = {});

struct FanArgs {
  std::optional<int64_t> seed;
  std::optional<std::vector<int>> input_axes, output_axes;  // as of VarianceScaling
};
CORNU_API Initializer GlorotUniform(FanArgs args = {});
CORNU_API Initializer GlorotNormal(FanArgs args = {});
CORNU_API Initializer HeUniform(FanArgs args = {});
CORNU_API Initializer HeNormal(FanArgs args = {});
CORNU_API Initializer LecunUniform(FanArgs args = {});
CORNU_API Initializer LecunNormal(FanArgs args = {});

struct InitializerRow {
  const char* class_name;          // "GlorotUniform"
  std::vector<const char*> names;  // "glorot_uniform"
  Initializer (*from_config)(const Json& config);
};
CORNU_API std::span<const InitializerRow> registry();

}  // namespace cornu::keras::initializers

#pragma once

#include <optional>
#include <span>

#include "cornu/keras/initializers/initializer.h"
#include "cornu/keras/initializers/windows.h"

// Without a seed an initializer takes the next one of the process (random::set_seed makes these repeatable). The numbers come
// from Philox: distributions are Keras's, the bits are not.
namespace cornu::keras::initializers {

CORNU_API Initializer Zeros();
CORNU_API Initializer Ones();

struct ConstantArgs {
  double value = 0.0;
};
CORNU_API Initializer Constant(ConstantArgs args = {});

struct IdentityArgs {
  double gain = 1.0;
};
// gain on the diagonal of a matrix. ValueError when called for a shape of other than two axes.
CORNU_API Initializer Identity(IdentityArgs args = {});

struct STFTArgs {
  std::string side = "real";  // real, imag: which part of the transform
  Window window = "hann";
  bool periodic = false;                           // the window's
  std::optional<std::string> scaling = "density";  // of the window: density (by its L2 norm), spectrum (by its L1 norm), none
};
// A convolution's kernel (frame_length, 1, fft_length / 2 + 1) that makes a short-time Fourier transform:
// window(t) exp(-2 pi i t k / fft_length). ValueError: an unknown side, window or scaling; when called, a shape of other than three
// axes, or a window of numbers that are not frame_length.
CORNU_API Initializer STFT(STFTArgs args = {});

struct OrthogonalArgs {
  double gain = 1.0;
  std::optional<int64_t> seed;
};
// gain times a random matrix whose rows or columns, whichever are fewer, are orthonormal; the last axis is the columns, the
// others together are the rows. Saxe et al., 2013. ValueError when called for a shape of less than two axes.
CORNU_API Initializer Orthogonal(OrthogonalArgs args = {});

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

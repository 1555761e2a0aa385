#include <cmath>
#include <numbers>

#include "cornu/keras/initializers/initializers.h"
#include "cornu/keras/initializers/make_initializer.h"
#include "cornu/keras/ops/core.h"

namespace cornu::keras::initializers {
namespace {

// The window over its norm; ones where there is none.
std::vector<double> scaled_window(const STFTArgs& args, int64_t length) {
  if (!args.window.exists()) return std::vector<double>(static_cast<std::size_t>(length), 1.0);
  auto window = args.window.of_length(length, args.periodic);
  if (!args.scaling) return window;
  double squares = 0, sum = 0;
  for (double w : window) squares += w * w, sum += std::abs(w);
  for (double& w : window) w /= *args.scaling == "density" ? std::sqrt(squares) : sum;
  return window;
}

Tensor stft(const STFTArgs& args, const Shape& shape, DType dtype) {
  if (shape.rank() != 3)
    throw error<ValueError>(
        "The STFT initializer makes kernels of shape (frame_length, 1, fft_length / 2 + 1). Received: shape={} of rank {}.",
        to_string(shape), shape.rank());
  const auto window = scaled_window(args, shape[0]);
  std::vector<double> kernel;
  kernel.reserve(static_cast<std::size_t>(shape[0] * shape[2]));
  for (int64_t time = 0; time < shape[0]; ++time)
    for (int64_t k = 0; k < shape[2]; ++k) {
      const double angle = -2 * std::numbers::pi * double(time) * (double(k) / (2.0 * double(shape[2] - 1)));
      kernel.push_back(window[static_cast<std::size_t>(time)] * (args.side == "real" ? std::cos(angle) : std::sin(angle)));
    }
  return ops::cast(Tensor(kernel, {shape[0], 1, shape[2]}), dtype);
}

}  // namespace

Initializer STFT(STFTArgs args) {
  if (args.side != "real" && args.side != "imag") throw error<ValueError>("side should be 'real' or 'imag', not {}", args.side);
  if (args.scaling && *args.scaling != "density" && *args.scaling != "spectrum")
    throw error<ValueError>("Scaling is invalid, it must be `None`, 'density' or 'spectrum'. Received scaling={}", *args.scaling);
  return make_initializer("STFT", std::move(args), stft);
}

}  // namespace cornu::keras::initializers

#include "cornu/backend/cuda/cudnn/convolution.h"

#include <algorithm>

namespace cornu::cuda {
namespace {

using Ints = std::vector<std::int64_t>;
using Tensor = CudnnGraph::Tensor;

// cuDNN names channels second wherever they lie, and knows no fewer than two spatial axes.
struct Layout {
  Ints dims, strides;
};
Layout channels_last(std::int64_t first, Ints spatial, std::int64_t channels) {
  if (spatial.size() == 1) spatial.insert(spatial.begin(), 1);
  Layout out{{first, channels}, {}};
  out.dims.insert(out.dims.end(), spatial.begin(), spatial.end());
  out.strides.assign(out.dims.size(), 1);
  std::int64_t stride = channels;
  for (std::size_t axis = out.dims.size() - 1; axis > 1; --axis) {
    out.strides[axis] = stride;
    stride *= out.dims[axis];
  }
  out.strides[0] = stride;
  return out;
}
ConvolutionWindows widened(ConvolutionWindows windows) {
  if (windows.strides.size() > 1) return windows;
  const auto prepend = [](Ints& numbers, std::int64_t number) { numbers.insert(numbers.begin(), number); };
  prepend(windows.strides, 1);
  prepend(windows.dilation, 1);
  prepend(windows.padding_low, 0);
  prepend(windows.padding_high, 0);
  return windows;
}

class Builder {
 public:
  explicit Builder(const ConvolutionShape& shape)
      : shape_(shape),
        input_(channels_last(shape.batch, shape.input, shape.in_channels)),
        kernel_(channels_last(shape.out_channels, shape.kernel, shape.in_channels / shape.groups)),
        result_(channels_last(shape.batch, shape.result, shape.out_channels)),
        windows_(widened(shape.windows)) {}

  CudnnGraph build() {
    switch (shape_.kind) {
      case ConvolutionKind::forward: forward(); break;
      case ConvolutionKind::input_gradient: {
        const Tensor gradient = operand(result_), kernel = operand(kernel_);
        convolve(operand(input_), kernel, gradient);
        break;
      }
      case ConvolutionKind::kernel_gradient: {
        const Tensor input = operand(input_), gradient = operand(result_);
        convolve(input, operand(kernel_), gradient);
        break;
      }
    }
    return std::move(graph_);
  }

 private:
  Tensor operand(const Layout& layout) { return graph_.operand(shape_.dtype, layout.dims, layout.strides); }
  Tensor intermediate() { return graph_.intermediate(result_.dims, result_.strides); }
  void convolve(Tensor x, Tensor w, Tensor y) {
    graph_.convolution(shape_.kind, windows_, x, w, y, shape_.dtype == float64 ? float64 : float32);
  }

  void forward() {
    const Tensor input = operand(input_), kernel = operand(kernel_);
    Layout one_a_channel{result_.dims, Ints(result_.dims.size(), 1)};
    for (std::size_t axis = 0; axis < one_a_channel.dims.size(); ++axis)
      if (axis != 1) one_a_channel.dims[axis] = 1, one_a_channel.strides[axis] = shape_.out_channels;
    const Tensor bias = shape_.has_bias ? operand(one_a_channel) : nullptr;
    const Tensor residual = shape_.has_residual ? operand(result_) : nullptr;
    const Tensor result = operand(result_);
    int left = int(shape_.has_bias) + int(shape_.has_residual) + int(shape_.has_relu);
    const auto next = [&] { return left-- > 0 ? intermediate() : result; };
    Tensor made = next();
    convolve(input, kernel, made);
    // In this order cuDNN takes the engine that it takes without a residual; in the other it would compile one.
    for (const Tensor addend : {residual, bias}) {
      if (!addend) continue;
      const Tensor sum = next();
      graph_.add(made, addend, sum);
      made = sum;
    }
    if (shape_.has_relu) graph_.relu(made, result);
  }

  const ConvolutionShape& shape_;
  const Layout input_, kernel_, result_;
  const ConvolutionWindows windows_;
  CudnnGraph graph_;
};

}  // namespace

CudnnGraph graph_of(const ConvolutionShape& shape) { return Builder(shape).build(); }

int operands_of(const ConvolutionShape& shape) { return 3 + int(shape.has_bias) + int(shape.has_residual); }

double operations_of(const ConvolutionShape& shape) {
  double operations = 2.0 * double(shape.batch) * double(shape.out_channels) * double(shape.in_channels / shape.groups);
  for (const Ints* extents : {&shape.kernel, &shape.result})
    for (const auto extent : *extents) operations *= double(extent);
  return operations;
}

std::string to_string(const ConvolutionShape& shape) {
  constexpr std::string_view kNames[] = {"convolution", "input gradient of convolution", "kernel gradient of convolution"};
  return fmt::format("{} [{}, {}, {}] * [{}, {}, {}]{}{}{}{}", kNames[int(shape.kind)], shape.batch, fmt::join(shape.input, ", "),
                     shape.in_channels, shape.out_channels, fmt::join(shape.kernel, ", "), shape.in_channels / shape.groups,
                     shape.has_bias ? " + bias" : "", shape.has_residual ? " + residual" : "", shape.has_relu ? " + relu" : "",
                     shape.dtype == float32 ? "" : fmt::format(" in {}", shape.dtype.name()));
}

std::string why_refused(const ConvolutionShape& shape, const CudaProperties& card) {
  const auto has_negative = [](const Ints& numbers) { return std::ranges::any_of(numbers, [](auto n) { return n < 0; }); };
  const auto has_zero = [](const Ints& numbers) { return std::ranges::any_of(numbers, [](auto n) { return n == 0; }); };
  if (shape.dtype != float32 && shape.dtype != float64 && shape.dtype != float16 && shape.dtype != bfloat16)
    return fmt::format("cuDNN has no {} convolution", shape.dtype.name());
  if (shape.dtype == bfloat16 && card.compute_capability < 800) return "the card has no bfloat16";
  if (has_negative(shape.windows.padding_low) || has_negative(shape.windows.padding_high)) return "cuDNN has no negative padding";
  if (has_zero(shape.input) || has_zero(shape.kernel) || has_zero(shape.result) || shape.batch == 0 || shape.in_channels == 0 ||
      shape.out_channels == 0)
    return "an extent is 0";
  if (shape.has_residual && !shape.has_bias) return "cuDNN comes with no engine that adds a residual alone";
  return {};
}

}  // namespace cornu::cuda

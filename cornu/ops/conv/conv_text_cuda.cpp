#include "cornu/ops/conv/conv_text_cuda.h"

#include "cornu/backend/cuda/kernel/text_kernel.h"
#include "cornu/codegen/cuda_text.h"

namespace cornu::ops {
namespace {

using cuda::Argument;
using cuda::ConvolutionKind;
using cuda::ConvolutionShape;

constexpr int64_t kTile = 16;
constexpr std::size_t kAxes = 3;

// A product of matrices whose factors are never written down: rows and columns of what is made, and the positions that are added up, are
// taken apart into places, taps and channels. A block makes a tile of 16 by 16; each thread one element, in the order of the positions.
constexpr const char* kLibrary = R"cuda(
namespace cornu::kernel {

struct Windows {
  int64_t batch, in_channels, out_channels, groups;  // channels of one group
  int64_t input[3], kernel[3], result[3], stride[3], low[3], dilation[3];
  int64_t taps() const { return kernel[0] * kernel[1] * kernel[2]; }
  int64_t places() const { return result[0] * result[1] * result[2]; }
  int64_t pixels() const { return input[0] * input[1] * input[2]; }
};

struct Triple {
  int64_t at[3];
};
inline Triple apart(int64_t number, const int64_t* extents) {
  const int64_t last = number % extents[2], rest = number / extents[2];
  return {{rest / extents[1], rest % extents[1], last}};
}
// The pixel that a tap of a place reads, or -1.
inline int64_t pixel_of(const Windows& w, int64_t place, int64_t tap) {
  const Triple p = apart(place, w.result), t = apart(tap, w.kernel);
  int64_t out = 0;
  for (int i = 0; i < 3; ++i) {
    const int64_t at = p.at[i] * w.stride[i] - w.low[i] + t.at[i] * w.dilation[i];
    if (at < 0 || at >= w.input[i]) return -1;
    out = out * w.input[i] + at;
  }
  return out;
}
// The place whose tap reads a pixel, or -1.
inline int64_t place_of(const Windows& w, int64_t pixel, int64_t tap) {
  const Triple p = apart(pixel, w.input), t = apart(tap, w.kernel);
  int64_t out = 0;
  for (int i = 0; i < 3; ++i) {
    const int64_t from = p.at[i] + w.low[i] - t.at[i] * w.dilation[i];
    if (from < 0 || from % w.stride[i] != 0 || from / w.stride[i] >= w.result[i]) return -1;
    out = out * w.result[i] + from / w.stride[i];
  }
  return out;
}

// What each of the three reads at (row, position) and (position, column) of a group, and where it writes.
template <class Stored, class T>
struct Forward {
  Windows w;
  const char *input, *kernel;
  int64_t rows() const { return w.batch * w.places(); }
  int64_t columns() const { return w.out_channels; }
  int64_t positions() const { return w.taps() * w.in_channels; }
  T left(int64_t row, int64_t k, int64_t group) const {
    const int64_t pixel = pixel_of(w, row % w.places(), k / w.in_channels);
    if (pixel < 0) return 0;
    const int64_t at = row / w.places() * w.pixels() + pixel;
    return load<Stored, T>(input, at * w.in_channels * w.groups + group * w.in_channels + k % w.in_channels);
  }
  T right(int64_t k, int64_t column, int64_t group) const {
    return load<Stored, T>(kernel, (group * w.out_channels + column) * positions() + k);
  }
  int64_t made(int64_t row, int64_t column, int64_t group) const {
    return row * w.out_channels * w.groups + group * w.out_channels + column;
  }
};
template <class Stored, class T>
struct InputGradient {
  Windows w;
  const char *result, *kernel;
  int64_t rows() const { return w.batch * w.pixels(); }
  int64_t columns() const { return w.in_channels; }
  int64_t positions() const { return w.taps() * w.out_channels; }
  T left(int64_t row, int64_t k, int64_t group) const {
    const int64_t place = place_of(w, row % w.pixels(), k / w.out_channels);
    if (place < 0) return 0;
    const int64_t at = row / w.pixels() * w.places() + place;
    return load<Stored, T>(result, at * w.out_channels * w.groups + group * w.out_channels + k % w.out_channels);
  }
  T right(int64_t k, int64_t column, int64_t group) const {
    const int64_t filter = group * w.out_channels + k % w.out_channels;
    return load<Stored, T>(kernel, (filter * w.taps() + k / w.out_channels) * w.in_channels + column);
  }
  int64_t made(int64_t row, int64_t column, int64_t group) const {
    return row * w.in_channels * w.groups + group * w.in_channels + column;
  }
};
template <class Stored, class T>
struct KernelGradient {
  Windows w;
  const char *input, *result;
  int64_t rows() const { return w.out_channels; }
  int64_t columns() const { return w.taps() * w.in_channels; }
  int64_t positions() const { return w.batch * w.places(); }
  T left(int64_t row, int64_t k, int64_t group) const {
    return load<Stored, T>(result, k * w.out_channels * w.groups + group * w.out_channels + row);
  }
  T right(int64_t k, int64_t column, int64_t group) const {
    const int64_t pixel = pixel_of(w, k % w.places(), column / w.in_channels);
    if (pixel < 0) return 0;
    const int64_t at = k / w.places() * w.pixels() + pixel;
    return load<Stored, T>(input, at * w.in_channels * w.groups + group * w.in_channels + column % w.in_channels);
  }
  int64_t made(int64_t row, int64_t column, int64_t group) const { return (group * w.out_channels + row) * columns() + column; }
};

template <class Stored, class T, bool kHasBias, bool kHasResidual, bool kHasRelu, class Product>
inline void convolve(T (*left)[17], T (*right)[17], const Product& product, const char* bias, const char* residual, char* made) {
  const int x = threadIdx.x % 16, y = threadIdx.x / 16;
  const int64_t down = (product.rows() + 15) / 16, across = (product.columns() + 15) / 16, positions = product.positions();
  for (int64_t tile = blockIdx.x; tile < down * across * product.w.groups; tile += gridDim.x) {
    const int64_t group = tile / (down * across), row = tile / across % down * 16 + y, column = tile % across * 16 + x;
    T sum = 0;
    for (int64_t first = 0; first < positions; first += 16) {
      left[y][x] = row < product.rows() && first + x < positions ? product.left(row, first + x, group) : T(0);
      right[y][x] = column < product.columns() && first + y < positions ? product.right(first + y, column, group) : T(0);
      __syncthreads();
      for (int k = 0; k < 16; ++k) sum += left[y][k] * right[k][x];
      __syncthreads();
    }
    if (row >= product.rows() || column >= product.columns()) continue;
    if (kHasBias) sum += load<Stored, T>(bias, group * product.w.out_channels + column);
    const int64_t at = product.made(row, column, group);
    if (kHasResidual) sum += load<Stored, T>(residual, at);
    if (kHasRelu && sum < 0) sum = 0;
    store<Stored>(made, at, sum);
  }
}

}  // namespace cornu::kernel
)cuda";

constexpr std::string_view kProducts[] = {"Forward", "InputGradient", "KernelGradient"};

// Integers wrap.
std::string sum_type(DType dtype) {
  if (dtype == float64) return "double";
  return dtype.is_floating() ? "float" : "uint64_t";
}

std::string name_of(const ConvolutionShape& shape) {
  return fmt::format("conv_{}_{}{}{}{}", kProducts[int(shape.kind)], shape.dtype.name(), shape.has_bias ? "_bias" : "",
                     shape.has_residual ? "_residual" : "", shape.has_relu ? "_relu" : "");
}

std::string text_of(const ConvolutionShape& shape) {
  return fmt::format(R"cuda(
extern "C" __global__ void __launch_bounds__(256) {name}(const char* a, const char* b, const char* bias, const char* residual, char* made,
    int64_t batch, int64_t in_channels, int64_t out_channels, int64_t groups{numbers}) {{
  using namespace cornu::kernel;
  __shared__ {sum} left[16][17], right[16][17];
  const {product}<{stored}, {sum}> product{{{{batch, in_channels, out_channels, groups, {{input0, input1, input2}},
    {{kernel0, kernel1, kernel2}}, {{result0, result1, result2}}, {{stride0, stride1, stride2}}, {{low0, low1, low2}},
    {{dilation0, dilation1, dilation2}}}}, a, b}};
  convolve<{stored}, {sum}, {bias}, {residual}, {relu}>(left, right, product, bias, residual, made);
}}
)cuda",
                     fmt::arg("name", name_of(shape)), fmt::arg("product", kProducts[int(shape.kind)]),
                     fmt::arg("stored", codegen::cuda_type(shape.dtype)), fmt::arg("sum", sum_type(shape.dtype)),
                     fmt::arg("bias", shape.has_bias), fmt::arg("residual", shape.has_residual), fmt::arg("relu", shape.has_relu),
                     fmt::arg("numbers", cuda::parameter_list("input", kAxes) + cuda::parameter_list("kernel", kAxes) +
                                             cuda::parameter_list("result", kAxes) + cuda::parameter_list("stride", kAxes) +
                                             cuda::parameter_list("low", kAxes) + cuda::parameter_list("dilation", kAxes)));
}

// Axes that there are not stand in front.
void add_axes(std::vector<Argument>& arguments, const std::vector<int64_t>& numbers, int64_t otherwise) {
  for (std::size_t i = numbers.size(); i < kAxes; ++i) arguments.push_back(Argument::number(otherwise));
  for (const int64_t number : numbers) arguments.push_back(Argument::number(number));
}

std::vector<Argument> arguments_of(const ConvolutionShape& shape) {
  std::vector<Argument> out{Argument::operand(0), Argument::operand(1)};
  int next = 2;
  for (const bool is_there : {shape.has_bias, shape.has_residual})
    out.push_back(is_there ? Argument::operand(next++) : Argument::number(0));
  out.push_back(Argument::operand(next));
  for (const int64_t number : {shape.batch, shape.in_channels / shape.groups, shape.out_channels / shape.groups, shape.groups})
    out.push_back(Argument::number(number));
  add_axes(out, shape.input, 1);
  add_axes(out, shape.kernel, 1);
  add_axes(out, shape.result, 1);
  add_axes(out, shape.windows.strides, 1);
  add_axes(out, shape.windows.padding_low, 0);
  add_axes(out, shape.windows.dilation, 1);
  return out;
}

int64_t tiles_of(const ConvolutionShape& shape) {
  const auto product = [](const std::vector<int64_t>& extents) {
    int64_t all = 1;
    for (const int64_t extent : extents) all *= extent;
    return all;
  };
  const int64_t in = shape.in_channels / shape.groups, out = shape.out_channels / shape.groups;
  const auto tiles = [&](int64_t rows, int64_t columns) {
    return (rows + kTile - 1) / kTile * ((columns + kTile - 1) / kTile) * shape.groups;
  };
  if (shape.kind == ConvolutionKind::forward) return tiles(shape.batch * product(shape.result), out);
  if (shape.kind == ConvolutionKind::input_gradient) return tiles(shape.batch * product(shape.input), in);
  return tiles(out, product(shape.kernel) * in);
}

}  // namespace

std::unique_ptr<ir::Kernel> conv_text_kernel(const ConvolutionShape& shape, const Target& target) {
  cuda::TextLaunch launch{{name_of(shape), {kLibrary}, text_of(shape)},
                          cuda::grid_for(tiles_of(shape) * cuda::kTextBlock, target),
                          arguments_of(shape)};
  return std::make_unique<cuda::TextKernel>(to_string(shape), std::vector<cuda::TextLaunch>{std::move(launch)});
}

}  // namespace cornu::ops

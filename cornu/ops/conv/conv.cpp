#include "cornu/ops/conv/conv.h"

#include "cornu/ir/lowering.h"
#include "cornu/ops/reference.h"
#include "cornu/ops/window.h"

namespace cornu::ops {
namespace {

using ir::HostOperand;
using ir::Spec;
using ir::Value;
using ir::VjpArgs;

// ---------------------------------------------------------------------------------------------------------------------
// Shapes

int spatial_rank(const ConvAttributes& c) { return int(c.strides.size()); }

void check_operands(std::string_view op, const ConvAttributes& c, const Spec& a, const Spec& b) {
  CORNU_CHECK(c.padding_low.size() == c.strides.size() && c.padding_high.size() == c.strides.size() &&
              c.dilation.size() == c.strides.size() && spatial_rank(c) >= 1 && spatial_rank(c) <= 3);
  if (a.dtype != b.dtype)
    throw error<TypeError>("`{}` needs operands of one dtype. Received: {} and {}", op, a.dtype.name(), b.dtype.name());
  if (a.dtype == bool_) throw error<TypeError>("`{}` needs numbers. Received: bool", op);
  for (const Spec& spec : {a, b})
    if (spec.shape.rank() != spatial_rank(c) + 2)
      throw error<ValueError>("`{}` over {} spatial axes needs operands of rank {}. Received: {} and {}", op, spatial_rank(c),
                              spatial_rank(c) + 2, to_string(a.shape), to_string(b.shape));
}

// The result's extents; ValueError where the kernel does not fit.
std::vector<int64_t> result_extents(const ConvAttributes& c, const Shape& input, const std::vector<int64_t>& kernel) {
  std::vector<int64_t> out;
  for (int i = 0; i < spatial_rank(c); ++i) {
    const int64_t n = window_count(input[i + 1], {kernel[i], c.strides[i], c.dilation[i], c.padding_low[i], c.padding_high[i]});
    if (n != Shape::kUnknown && n <= 0)
      throw error<ValueError>(
          "Computed output size would be negative. The kernel does not fit into the input: received input shape {}, "
          "kernel size {}, dilation {}, padding {} before and {} after. Use a smaller kernel or padding=\"same\".",
          to_string(input), to_string(Shape(kernel)), to_string(Shape(c.dilation)), to_string(Shape(c.padding_low)),
          to_string(Shape(c.padding_high)));
    out.push_back(n);
  }
  return out;
}

}  // namespace

Shape kernel_dims(const ConvAttributes& attributes, const Shape& kernel) {
  if (!attributes.filters_first) return kernel;
  Shape out(std::vector<int64_t>(kernel.begin() + 1, kernel.end()));
  out.push_back(kernel[0]);
  return out;
}

ConvShapes shapes_of(const ir::Node& node) {
  const auto& c = node.attributes<ConvAttributes>();
  const Shape &a = node.operand(0).shape(), &b = node.operand(1).shape(), &made = node.specs()[0].shape;
  if (&node.op() == &conv_op) return {a, kernel_dims(c, b), made};
  if (&node.op() == &conv_input_gradient_op) return {made, kernel_dims(c, b), a};
  return {a, kernel_dims(c, made), b};
}

namespace {

// And how a kernel of these dims lies.
Shape lying(const ConvAttributes& c, const Shape& kernel) {
  if (!c.filters_first) return kernel;
  Shape out{kernel[-1]};
  for (int i = 0; i < kernel.rank() - 1; ++i) out.push_back(kernel[i]);
  return out;
}

std::vector<int64_t> kernel_extents(const Shape& kernel) { return {kernel.begin(), kernel.end() - 2}; }

Shape channels_last(int64_t batch, const std::vector<int64_t>& spatial, int64_t channels) {
  Shape out{batch};
  for (int64_t dim : spatial) out.push_back(dim);
  out.push_back(channels);
  return out;
}

void check_channels(const ConvAttributes& c, int64_t channels, const Shape& kernel) {
  if (c.groups < 1) throw error<ValueError>("A convolution needs at least one channel. Received: {} input channels", channels);
  int64_t merged;
  const int64_t wanted = kernel[-2] == Shape::kUnknown ? Shape::kUnknown : kernel[-2] * c.groups;
  if (!merge_dims(channels, wanted, merged) || (kernel[-1] != Shape::kUnknown && kernel[-1] % c.groups != 0))
    throw error<ValueError>(
        "The number of input channels must be the kernel's times the groups, and the filters a multiple of the "
        "groups. Received: {} input channels, kernel shape {}, groups={}",
        channels, to_string(kernel), c.groups);
}

std::vector<Spec> infer_conv(const ConvAttributes& c, std::span<const Spec> in) {
  check_operands("conv", c, in[0], in[1]);
  const Shape &x = in[0].shape, kernel = kernel_dims(c, in[1].shape);
  check_channels(c, x[-1], kernel);
  return {{in[0].dtype, channels_last(x[0], result_extents(c, x, kernel_extents(kernel)), kernel[-1])}};
}

// The spec of the result whose gradient is given must follow from the extents.
void check_gradient(const ConvAttributes& c, const Shape& input, const std::vector<int64_t>& kernel, const Shape& grad) {
  auto expected = result_extents(c, input, kernel);
  expected.insert(expected.begin(), input[0]);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    int64_t merged;
    CORNU_CHECK(merge_dims(expected[i], grad[i], merged), "A convolution of {} gives no {}.", to_string(input), to_string(grad));
  }
}

std::vector<Spec> infer_input_gradient(const ConvAttributes& c, std::span<const Spec> in) {
  check_operands("conv_input_gradient", c, in[0], in[1]);
  const Shape &grad = in[0].shape, kernel = kernel_dims(c, in[1].shape);
  const int64_t channels = kernel[-2] == Shape::kUnknown ? Shape::kUnknown : kernel[-2] * c.groups;
  const Shape input = channels_last(grad[0], c.extents, channels);
  int64_t filters;
  if (!merge_dims(grad[-1], kernel[-1], filters))
    throw error<ValueError>("The number of channels must be the kernel's last dimension. Received: shape {}, kernel shape {}",
                            to_string(grad), to_string(kernel));
  check_channels(c, channels, kernel);
  check_gradient(c, input, kernel_extents(kernel), grad);
  return {{in[0].dtype, input}};
}

std::vector<Spec> infer_kernel_gradient(const ConvAttributes& c, std::span<const Spec> in) {
  check_operands("conv_kernel_gradient", c, in[0], in[1]);
  const Shape &x = in[0].shape, &grad = in[1].shape;
  check_gradient(c, x, c.extents, grad);
  Shape kernel(c.extents);
  kernel.push_back(x[-1] == Shape::kUnknown ? Shape::kUnknown : x[-1] / c.groups);
  kernel.push_back(grad[-1]);
  check_channels(c, x[-1], kernel);
  return {{in[0].dtype, lying(c, kernel)}};
}

// ---------------------------------------------------------------------------------------------------------------------
// Gradients

Value product(const ir::OpDef& op, ConvAttributes c, const Shape& like, const Value& a, const Value& b) {
  if (&op == &conv_input_gradient_op) c.extents.assign(like.begin() + 1, like.end() - 1);
  else if (&op == &conv_kernel_gradient_op) c.extents = kernel_extents(kernel_dims(c, like));
  else c.extents.clear();
  return ir::apply(op, std::move(c), {a, b});
}

std::vector<Value> vjp_conv(const ConvAttributes& c, const VjpArgs& v) {
  const Value &x = v.operand(0), &kernel = v.operand(1);
  return {product(conv_input_gradient_op, c, x.shape(), v.grad(), kernel),
          product(conv_kernel_gradient_op, c, kernel.shape(), x, v.grad())};
}
std::vector<Value> vjp_input_gradient(const ConvAttributes& c, const VjpArgs& v) {
  const Value &grad = v.operand(0), &kernel = v.operand(1);
  return {product(conv_op, c, {}, v.grad(), kernel), product(conv_kernel_gradient_op, c, kernel.shape(), v.grad(), grad)};
}
std::vector<Value> vjp_kernel_gradient(const ConvAttributes& c, const VjpArgs& v) {
  const Value &x = v.operand(0), &grad = v.operand(1);
  return {product(conv_input_gradient_op, c, x.shape(), grad, v.grad()), product(conv_op, c, {}, x, v.grad())};
}

// ---------------------------------------------------------------------------------------------------------------------
// References: one walk over all products for the three

// Calls f with the offsets (input, kernel, result) of every product.
template <class F>
void for_each_product(const ConvAttributes& c, const Shape& x, const Shape& lying_kernel, const Shape& y, F&& f) {
  const int rank = spatial_rank(c);
  const Shape kernel = kernel_dims(c, lying_kernel);
  const int64_t in = kernel[-2], out = y[-1] / c.groups, channels = x[-1], filters = y[-1];
  const Shape places(std::vector<int64_t>(y.begin(), y.end() - 1)), taps(kernel_extents(kernel));
  const int64_t all_taps = taps.elements();
  const auto weight = [&](int64_t tap, int64_t i, int64_t o) {
    return c.filters_first ? (o * all_taps + tap) * in + i : (tap * in + i) * filters + o;
  };
  int64_t place = 0;
  for_each_index(places, [&](const std::vector<int64_t>& at) {
    int64_t tap_number = 0;
    for_each_index(taps, [&](const std::vector<int64_t>& tap) {
      int64_t from = at[0];
      bool inside = true;
      for (int i = 0; i < rank; ++i) {
        const int64_t position = at[i + 1] * c.strides[i] - c.padding_low[i] + tap[i] * c.dilation[i];
        inside &= position >= 0 && position < x[i + 1];
        from = from * x[i + 1] + position;
      }
      if (inside)
        for (int64_t g = 0; g < c.groups; ++g)
          for (int64_t i = 0; i < in; ++i)
            for (int64_t o = 0; o < out; ++o)
              f(from * channels + g * in + i, weight(tap_number, i, g * out + o), place * filters + g * out + o);
      ++tap_number;
    });
    ++place;
  });
}

enum class Role { input, kernel, result };

// The sum of products a * b at the place of the third; `a`, `b` and `made` say which is which.
template <Role kA, Role kB, Role kMade>
void reference(const ConvAttributes& c, std::span<const HostOperand> in, std::span<const HostOperand> out) {
  const Shape* shapes[3];
  shapes[int(kA)] = &in[0].spec.shape;
  shapes[int(kB)] = &in[1].spec.shape;
  shapes[int(kMade)] = &out[0].spec.shape;
  dispatch_wide(in[0].spec.dtype, [&]<class Wide>(Wide) {
    if constexpr (!std::is_same_v<Wide, bool>) {
      using Sum = std::conditional_t<std::is_integral_v<Wide>, uint64_t, Wide>;  // wraps
      const auto a = widened<Wide>(in[0]), b = widened<Wide>(in[1]);
      std::vector<Sum> sums(out[0].elements());
      for_each_product(c, *shapes[0], *shapes[1], *shapes[2], [&](int64_t input, int64_t kernel, int64_t result) {
        const int64_t at[] = {input, kernel, result};
        sums[at[int(kMade)]] += Sum(a[at[int(kA)]]) * Sum(b[at[int(kB)]]);
      });
      const std::vector<Wide> made(sums.begin(), sums.end());
      store<Wide>(made.data(), out[0]);
    }
  });
}

std::span<const ir::Lowering> lowerings() {
  static const auto all = ir::joined({conv_cpu_lowerings(), conv_cuda_lowerings()});
  return all;
}

}  // namespace

const ir::OpDef conv_op =
    ir::define_op(ir::OpSpec<ConvAttributes>{.name = "conv",
                                             .min_operands = 2,
                                             .max_operands = 2,
                                             .infer = infer_conv,
                                             .vjp = vjp_conv,
                                             .reference = reference<Role::input, Role::kernel, Role::result>,
                                             .lowerings = lowerings});
const ir::OpDef conv_input_gradient_op =
    ir::define_op(ir::OpSpec<ConvAttributes>{.name = "conv_input_gradient",
                                             .min_operands = 2,
                                             .max_operands = 2,
                                             .infer = infer_input_gradient,
                                             .vjp = vjp_input_gradient,
                                             .reference = reference<Role::result, Role::kernel, Role::input>,
                                             .lowerings = lowerings});
const ir::OpDef conv_kernel_gradient_op =
    ir::define_op(ir::OpSpec<ConvAttributes>{.name = "conv_kernel_gradient",
                                             .min_operands = 2,
                                             .max_operands = 2,
                                             .infer = infer_kernel_gradient,
                                             .vjp = vjp_kernel_gradient,
                                             .reference = reference<Role::input, Role::result, Role::kernel>,
                                             .lowerings = lowerings});

}  // namespace cornu::ops

#include "cornu/ops/conv/conv.h"

#include "cornu/ops/view/view.h"
#include "tests/lowering_harness.h"
#include "tests/ops/op_samples.h"

namespace cornu::ops {
namespace {

using ir::parameter;
using ir::Value;
using testing::evaluate;
using testing::expect_gradients_match;
using testing::expect_lowerings_match;
using testing::Sample;

// One convolution as three samples: itself and the records of its gradients.
struct Geometry {
  Shape input, kernel, result;
  ConvAttributes attributes;
};
Sample forward(const Geometry& g) { return {conv_op, ir::Attributes::of(g.attributes), {{g.input}, {g.kernel}}}; }
Sample input_gradient(const Geometry& g) {
  ConvAttributes a = g.attributes;
  a.extents.assign(g.input.begin() + 1, g.input.end() - 1);
  return {conv_input_gradient_op, ir::Attributes::of(a), {{g.result}, {g.kernel}}};
}
Sample kernel_gradient(const Geometry& g) {
  ConvAttributes a = g.attributes;
  const Shape kernel = kernel_dims(a, g.kernel);
  a.extents.assign(kernel.begin(), kernel.end() - 2);
  return {conv_kernel_gradient_op, ir::Attributes::of(a), {{g.input}, {g.result}}};
}

const Geometry kLine{{2, 7, 4}, {3, 4, 5}, {2, 5, 5}, {{1}, {0}, {0}, {1}}};
const Geometry kWide{{1, 8, 2}, {3, 2, 3}, {1, 3, 3}, {{2}, {1}, {0}, {2}}};  // strides, dilation, padding on one side
const Geometry kGroups{{1, 5, 4}, {2, 2, 6}, {1, 4, 6}, {{1}, {0}, {0}, {1}, 2}};
const Geometry kDepthwise{{1, 4, 5, 3}, {2, 2, 1, 3}, {1, 4, 5, 3}, {{1, 1}, {0, 0}, {1, 1}, {1, 1}, 3}};
const Geometry kPlane{{2, 5, 6, 3}, {2, 3, 3, 4}, {2, 4, 3, 4}, {{1, 2}, {0, 1}, {0, 1}, {1, 1}}};
const Geometry kSolid{{1, 3, 4, 3, 2}, {2, 2, 2, 2, 3}, {1, 2, 3, 2, 3}, {{1, 1, 1}, {0, 0, 0}, {0, 0, 0}, {1, 1, 1}}};
const Geometry kCropped{{1, 6, 2}, {2, 2, 3}, {1, 4, 3}, {{1}, {-1}, {0}, {1}}};

// The same as a card's convolutions want it.
Geometry with_filters_first(Geometry g) {
  g.attributes.filters_first = true;
  Shape lying{g.kernel[-1]};
  for (int i = 0; i < g.kernel.rank() - 1; ++i) lying.push_back(g.kernel[i]);
  g.kernel = lying;
  return g;
}
const Geometry kPlaneFirst = with_filters_first(kPlane), kGroupsFirst = with_filters_first(kGroups),
               kDepthwiseFirst = with_filters_first(kDepthwise), kSolidFirst = with_filters_first(kSolid),
               kCroppedFirst = with_filters_first(kCropped), kWideFirst = with_filters_first(kWide);

CORNU_SAMPLES({
    forward(kLine),           input_gradient(kLine),           kernel_gradient(kLine),
    forward(kWide),           input_gradient(kWide),           kernel_gradient(kWide),
    forward(kGroups),         input_gradient(kGroups),         kernel_gradient(kGroups),
    forward(kDepthwise),      input_gradient(kDepthwise),      kernel_gradient(kDepthwise),
    forward(kPlane),          input_gradient(kPlane),          kernel_gradient(kPlane),
    forward(kSolid),          input_gradient(kSolid),          kernel_gradient(kSolid),
    forward(kCropped),        input_gradient(kCropped),        kernel_gradient(kCropped),
    forward(kPlaneFirst),     input_gradient(kPlaneFirst),     kernel_gradient(kPlaneFirst),
    forward(kGroupsFirst),    input_gradient(kGroupsFirst),    kernel_gradient(kGroupsFirst),
    forward(kDepthwiseFirst), input_gradient(kDepthwiseFirst), kernel_gradient(kDepthwiseFirst),
    forward(kSolidFirst),     input_gradient(kSolidFirst),     kernel_gradient(kSolidFirst),
    forward(kCroppedFirst),   input_gradient(kCroppedFirst),   kernel_gradient(kCroppedFirst),
    forward(kWideFirst),      input_gradient(kWideFirst),      kernel_gradient(kWideFirst),
})

Value f32(Shape shape) { return parameter({float32, std::move(shape)}); }

std::vector<double> run(const std::vector<Value>& parameters, const std::vector<std::vector<float>>& numbers,
                        const Value& result) {
  std::vector<testing::Bytes> in;
  for (const auto& n : numbers) {
    const auto* from = reinterpret_cast<const std::byte*>(n.data());
    in.emplace_back(from, from + n.size() * sizeof(float));
  }
  return testing::as_doubles(result.spec(), evaluate(parameters, in, {result})[0]);
}

TEST(Conv, ReferenceSlides) {
  const Value x = f32({1, 5, 1}), k = f32({3, 1, 1});
  const std::vector<std::vector<float>> in{{1, 2, 3, 4, 5}, {1, 10, 100}};
  using Numbers = std::vector<double>;
  EXPECT_EQ(run({x, k}, in, conv(x, k)), (Numbers{321, 432, 543}));
  EXPECT_EQ(run({x, k}, in, conv(x, k, {.padding = "same"})), (Numbers{210, 321, 432, 543, 54}));
  EXPECT_EQ(run({x, k}, in, conv(x, k, {.padding = "causal"})), (Numbers{100, 210, 321, 432, 543}));
  EXPECT_EQ(run({x, k}, in, conv(x, k, {.strides = {2}, .padding = "same"})), (Numbers{210, 432, 54}));
  EXPECT_EQ(run({x, k}, in, conv(x, k, {.dilation = {2}})), (Numbers{531}));
  // Two inputs: each spreads the kernel.
  const Value two = f32({1, 2, 1});
  EXPECT_EQ(run({two, k}, {{1, 2}, {1, 10, 100}}, conv_transpose(two, k, {.strides = {2}})), (Numbers{1, 10, 102, 20, 200}));
  EXPECT_EQ(run({two, k}, {{1, 2}, {1, 10, 100}}, conv_transpose(two, k, {.strides = {4}})),
            (Numbers{1, 10, 100, 0, 2, 20, 200, 0}));
}

TEST(Conv, DepthwiseKeepsChannelsApart) {
  const Value x = f32({1, 2, 2}), k = f32({1, 2, 2});
  EXPECT_EQ(run({x, k}, {{1, 2, 3, 4}, {1, 10, 100, 1000}}, depthwise_conv(x, k)),
            (std::vector<double>{1, 10, 200, 2000, 3, 30, 400, 4000}));
}

TEST(Conv, Shapes) {
  EXPECT_EQ(conv(f32({2, 28, 28, 3}), f32({3, 3, 3, 8})).shape(), Shape({2, 26, 26, 8}));
  EXPECT_EQ(conv(f32({2, 28, 29, 4}), f32({3, 5, 2, 8}), {.strides = {2, 3}, .padding = "same"}).shape(), Shape({2, 14, 10, 8}));
  EXPECT_EQ(depthwise_conv(f32({2, 9, 9, 4}), f32({3, 3, 4, 2})).shape(), Shape({2, 7, 7, 8}));
  EXPECT_EQ(conv_transpose(f32({2, 7, 7, 4}), f32({3, 3, 6, 4}), {.strides = {2}, .padding = "same"}).shape(),
            Shape({2, 14, 14, 6}));
  EXPECT_EQ(conv_transpose(f32({2, 7, 7, 4}), f32({3, 3, 6, 4}), {.strides = {2}}).shape(), Shape({2, 15, 15, 6}));
  EXPECT_EQ(conv_transpose(f32({2, 7, 4}), f32({3, 6, 4}), {.strides = {2}}, {{1}}).shape(), Shape({2, 16, 6}));
  EXPECT_EQ(separable_conv(f32({2, 9, 4}), f32({3, 4, 2}), f32({1, 8, 5})).shape(), Shape({2, 7, 5}));
  EXPECT_THROW(conv(f32({2, 2, 1}), f32({3, 1, 1})), ValueError);
  EXPECT_THROW(conv(f32({2, 5, 3}), f32({3, 2, 1})), ValueError);
  EXPECT_THROW(conv(f32({2, 5, 4}), f32({3, 2, 3})), ValueError);  // 3 filters in 2 groups
  EXPECT_THROW(conv(f32({2, 5, 5, 1}), f32({3, 3, 1, 1}), {.padding = "causal"}), ValueError);
  EXPECT_THROW(conv(f32({2, 5, 1}), f32({3, 1, 1}), {.padding = "full"}), ValueError);
  EXPECT_THROW(conv(f32({2, 5, 1}), parameter({float64, {3, 1, 1}})), TypeError);
}

TEST(Conv, RuleAcceptsUnknownDims) {
  const ConvAttributes c{{1, 1}, {0, 0}, {0, 0}, {1, 1}};
  const ir::Spec in[] = {{float32, {Shape::kUnknown, 8, Shape::kUnknown, 3}}, {float32, {3, 3, 3, 5}}};
  EXPECT_EQ(conv_op.infer(ir::Attributes::of(c), in)[0].shape, Shape({Shape::kUnknown, 6, Shape::kUnknown, 5}));
}

struct Case {
  Shape x, kernel;
  ConvArgs args;
  bool depthwise = false;
};
const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {{3, 12, 12, 1}, {3, 3, 1, 32}, {}},
      {{2, 9, 9, 32}, {3, 3, 32, 16}, {.padding = "same"}},
      {{2, 9, 10, 5}, {3, 2, 5, 7}, {.strides = {2, 3}, .padding = "same"}},
      {{2, 11, 11, 6}, {3, 3, 3, 8}, {.dilation = {2}}},
      {{2, 14, 3}, {4, 3, 5}, {.padding = "causal", .dilation = {2}}},
      {{1, 5, 6, 5, 2}, {2, 2, 3, 2, 4}, {.strides = {1, 2, 1}, .padding = "same"}},
      {{2, 8, 8, 16}, {3, 3, 16, 1}, {.padding = "same"}, true},
      {{2, 8, 8, 3}, {3, 3, 3, 2}, {}, true},
      {{2, 8, 8, 10}, {1, 1, 10, 3}, {.strides = {2}}},
  };
  return all;
}
Value apply(const Case& c, const Value& x, const Value& k) {
  return c.depthwise ? depthwise_conv(x, k, c.args) : conv(x, k, c.args);
}

TEST(Conv, LoweringsMatchTheReference) {
  for (const Case& c : cases())
    for (DType dtype : {float32, float16, bfloat16}) {
      const Value x = parameter({dtype, c.x}), k = parameter({dtype, c.kernel});
      const Value kernel = apply(c, x, k)->operand(1);
      // The kernel as the record sees it, so that its gradient has a parameter.
      const Value p = parameter(kernel.spec());
      const Value y = ir::make_node(conv_op, apply(c, x, k)->attributes(), {x, p})[0];
      const Value grad = parameter(y.spec());
      const auto gradients = conv_op.vjp({y.node(), y->operands(), std::vector{y}, std::vector{grad}});
      const double tolerance = dtype == bfloat16 ? 8e-3 : dtype == float16 ? 1e-3 : 2e-6;
      for (const Value& v : {y, gradients[0], gradients[1]}) {
        const auto runs = expect_lowerings_match({x, p, grad}, v.node(), {}, tolerance);
        if (HasFatalFailure()) return;
        ASSERT_FALSE(runs.empty()) << v->op().name << to_string(c.x);
        EXPECT_EQ(runs[0].lowering, dtype == float32 ? "onednn" : runs[0].lowering);
      }
    }
}

// All that can be taken; where oneDNN multiplies matrices what comes before a residual, or in space before anything but a bias.
template <class Run>
void expect_takes(const Run& run, const Shape& result, int all, int before_residual, int before_vector) {
  const bool is_gemm = run.kernel.find("gemm") != run.kernel.npos;
  EXPECT_EQ(run.takes, !is_gemm ? all : result.rank() > 4 ? before_vector : before_residual) << run.kernel;
}

TEST(Conv, TakesABatchNormalizationAResidualAndRelu6) {
  for (const Case& c : cases()) {
    const Value x = f32(c.x), k = f32(c.kernel);
    const Value y = apply(c, x, k), scale = f32({y.shape()[-1]}), shift = f32({y.shape()[-1]}), residual = f32(y.shape());
    const Value scaled = mul(y, broadcast_to(scale, y.shape())), shifted = add(scaled, broadcast_to(shift, y.shape())),
                added = add(shifted, residual), above = maximum(added, full_like(added, 0)),
                active = minimum(above, full_like(above, 6));
    const auto runs = expect_lowerings_match({x, k, scale, shift, residual}, y.node(), {scaled, shifted, added, above, active});
    if (HasFatalFailure()) return;
    ASSERT_EQ(runs.size(), 1u);
    expect_takes(runs[0], y.shape(), 5, 2, 0);
  }
}

TEST(Conv, TakesBiasResidualAndRelu) {
  for (const Case& c : cases()) {
    const Value x = f32(c.x), k = f32(c.kernel);
    const Value y = apply(c, x, k), bias = f32({y.shape()[-1]}), residual = f32(y.shape());
    const Value biased = add(y, broadcast_to(bias, y.shape())), added = add(biased, residual), active = relu(added);
    const auto runs = expect_lowerings_match({x, k, bias, residual}, y.node(), {biased, added, active});
    if (HasFatalFailure()) return;
    ASSERT_EQ(runs.size(), 1u);
    expect_takes(runs[0], y.shape(), 3, 1, 1);
  }
}

TEST(Conv, TransposeRunsOnOnednn) {
  for (const ConvArgs& args :
       std::vector<ConvArgs>{{.strides = {2}, .padding = "same"}, {.strides = {2}}, {.strides = {4}}, {.padding = "same"}}) {
    const Value x = f32({2, 5, 6, 4}), k = f32({3, 3, 8, 4});
    EXPECT_EQ(expect_lowerings_match({x, k}, conv_transpose(x, k, args).node()).size(), 1u);
  }
}

TEST(Conv, GradientsMatchFiniteDifferences) {
  const ConvAttributes plain{{1, 2}, {1, 0}, {1, 1}, {1, 2}, 2};
  const Shape x{1, 4, 5, 4}, k{2, 2, 2, 4};
  const Shape y = ir::apply(conv_op, plain, {parameter({float64, x}), parameter({float64, k})}).shape();
  auto input = plain, kernel = plain;
  input.extents = {4, 5};
  kernel.extents = {2, 2};
  expect_gradients_match([&](const std::vector<Value>& v) { return ir::apply(conv_op, plain, {v[0], v[1]}); }, {x, k});
  expect_gradients_match(
      [&](const std::vector<Value>& v) {
        return ir::apply(conv_input_gradient_op, input, {v[0], v[1]});
      },
      {y, k});
  expect_gradients_match(
      [&](const std::vector<Value>& v) {
        return ir::apply(conv_kernel_gradient_op, kernel, {v[0], v[1]});
      },
      {x, y});
  // Padding that crops.
  const ConvAttributes crop{{2}, {-1}, {-1}, {1}};
  expect_gradients_match(
      [&](const std::vector<Value>& v) {
        return ir::apply(conv_op, crop, {v[0], v[1]});
      },
      {{2, 8, 2}, {3, 2, 3}});
}

}  // namespace
}  // namespace cornu::ops

// Real cuDNN, without a card, is asked for a plan of every convolution: what it takes must be what `why_refused` does not refuse.
#include "cornu/backend/cuda/cudnn/convolution.h"

#include <gtest/gtest.h>

#include <functional>
#include <numeric>

#include "cornu/backend/cuda/cudnn/plan.h"
#include "cornu/ops/window.h"
#include "cornu/target/named.h"
#include "tests/rings.h"

namespace cornu::cuda {
namespace {

using Ints = std::vector<std::int64_t>;

struct NamedConvolution {
  const char* name;
  std::int64_t batch, in_channels, out_channels, groups;
  Ints input, kernel, strides, padding_low, padding_high, dilation;
};

const NamedConvolution kCases[] = {
    {"3x3", 32, 64, 64, 1, {56, 56}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
    {"1x1", 32, 64, 256, 1, {56, 56}, {1, 1}, {1, 1}, {0, 0}, {0, 0}, {1, 1}},
    {"1x1 with strides", 8, 64, 128, 1, {28, 28}, {1, 1}, {2, 2}, {0, 0}, {0, 0}, {1, 1}},
    {"a first layer", 32, 3, 64, 1, {224, 224}, {7, 7}, {2, 2}, {3, 3}, {3, 3}, {1, 1}},
    {"one channel", 32, 1, 32, 1, {28, 28}, {3, 3}, {1, 1}, {0, 0}, {0, 0}, {1, 1}},
    {"padding at one side", 8, 32, 64, 1, {28, 28}, {3, 3}, {2, 2}, {0, 0}, {1, 1}, {1, 1}},
    {"holes", 8, 16, 32, 1, {28, 28}, {3, 3}, {1, 1}, {2, 2}, {2, 2}, {2, 2}},
    {"groups", 8, 64, 64, 4, {14, 14}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
    {"groups that widen", 8, 32, 64, 32, {14, 14}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
    {"a kernel for each channel", 8, 96, 96, 96, {28, 28}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
    {"a kernel for each channel, with strides", 8, 96, 96, 96, {28, 28}, {3, 3}, {2, 2}, {0, 0}, {1, 1}, {1, 1}},
    {"one axis", 16, 32, 64, 1, {128}, {5}, {1}, {4}, {0}, {1}},
    {"one axis with strides", 16, 32, 64, 1, {128}, {4}, {4}, {0}, {0}, {1}},
    {"three axes", 2, 16, 32, 1, {16, 16, 16}, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}},
    {"three axes with strides", 2, 16, 32, 1, {16, 16, 16}, {3, 3, 3}, {2, 2, 2}, {0, 0, 0}, {1, 1, 1}, {1, 1, 1}},
    {"odd channels", 3, 5, 7, 1, {9, 11}, {3, 2}, {1, 2}, {1, 0}, {1, 1}, {1, 1}},
    {"one example", 1, 10, 1, 1, {6, 6}, {6, 6}, {1, 1}, {0, 0}, {0, 0}, {1, 1}},
    {"a kernel larger than the input", 2, 8, 8, 1, {2, 2}, {5, 5}, {1, 1}, {2, 2}, {2, 2}, {1, 1}},
};

ConvolutionShape shape_of(const NamedConvolution& c, ConvolutionKind kind, DType dtype) {
  Ints result;
  for (std::size_t i = 0; i < c.input.size(); ++i)
    result.push_back(
        ops::window_count(c.input[i], {c.kernel[i], c.strides[i], c.dilation[i], c.padding_low[i], c.padding_high[i]}));
  return {.kind = kind,
          .dtype = dtype,
          .batch = c.batch,
          .in_channels = c.in_channels,
          .out_channels = c.out_channels,
          .groups = c.groups,
          .input = c.input,
          .kernel = c.kernel,
          .result = result,
          .windows = {c.strides, c.padding_low, c.padding_high, c.dilation}};
}

std::int64_t places(const ConvolutionShape& shape) {
  return std::accumulate(shape.result.begin(), shape.result.end(), shape.batch, std::multiplies<>());
}

class ConvolutionPlan : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (const auto& library = opened<Cudnn>(); !library.problem.empty()) GTEST_SKIP() << library.problem;
  }
  // What cuDNN says against it; empty if it has a plan.
  std::string asked(const ConvolutionShape& shape, bool uses_tensor_cores, bool is_deterministic) {
    try {
      const CudnnPlan plan(card_.cuda, graph_of(shape),
                           {uses_tensor_cores, is_deterministic, static_cast<std::size_t>(card_.convolution_workspace())});
      ++plans_;
      return {};
    } catch (const DeviceError& refusal) {
      return refusal.what();
    }
  }

  const Target card_ = target::named_card(GetParam());
  int plans_ = 0;
};

TEST_P(ConvolutionPlan, IsWhatCudnnTakes) {
  for (const NamedConvolution& c : kCases)
    for (const auto kind : {ConvolutionKind::forward, ConvolutionKind::input_gradient, ConvolutionKind::kernel_gradient})
      for (const DType dtype : {float32, float16, bfloat16, float64})
        for (int behind = 0; behind < (kind == ConvolutionKind::forward && dtype != float64 ? 6 : 1); ++behind) {
          ConvolutionShape shape = shape_of(c, kind, dtype);
          shape.has_bias = behind > 0 && behind < 5;
          shape.has_residual = behind > 2;
          shape.has_relu = behind == 2 || behind == 4;
          if (behind == 5 && places(shape) == 1) continue;  // such a residual is a bias
          for (const bool is_deterministic : {false, true}) {
            const std::string refused = why_refused(shape, card_.cuda),
                              said = asked(shape, dtype != float32 || behind == 0, is_deterministic);
            EXPECT_EQ(refused.empty(), said.empty())
                << c.name << ", " << dtype.name() << ": " << to_string(shape) << "\n  we: " << refused << "\n  cuDNN: " << said;
          }
        }
  cornu::testing::count("cudnn", "plans", plans_);
}

INSTANTIATE_TEST_SUITE_P(OnEachCard, ConvolutionPlan, ::testing::Values("t4", "a100", "rtx4090", "h100", "b200"),
                         [](const auto& card) { return std::string(card.param); });

}  // namespace
}  // namespace cornu::cuda

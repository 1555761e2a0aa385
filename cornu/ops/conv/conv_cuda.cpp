#include <algorithm>

#include "cornu/backend/cuda/autotune.h"
#include "cornu/backend/cuda/cudnn/convolution.h"
#include "cornu/backend/cuda/cudnn/plan.h"
#include "cornu/backend/cuda/device/runtime.h"
#include "cornu/backend/cuda/epilogue.h"
#include "cornu/base/log.h"
#include "cornu/ops/conv/conv.h"
#include "cornu/ops/conv/conv_text_cuda.h"

namespace cornu::ops {
namespace {

using cuda::ConvolutionKind;
using cuda::ConvolutionShape;
using ir::Answer;
using ir::Lowered;
using ir::LoweringContext;
using ir::Offer;

ConvolutionKind kind_of(const ir::OpDef& op) {
  if (&op == &conv_op) return ConvolutionKind::forward;
  return &op == &conv_input_gradient_op ? ConvolutionKind::input_gradient : ConvolutionKind::kernel_gradient;
}

ConvolutionShape shape_of(const ir::Node& node) {
  const auto& c = node.attributes<ConvAttributes>();
  const auto [input, kernel, result] = shapes_of(node);
  return {.kind = kind_of(node.op()),
          .dtype = node.specs()[0].dtype,
          .batch = input[0],
          .in_channels = input[-1],
          .out_channels = result[-1],
          .groups = c.groups,
          .input = {input.begin() + 1, input.end() - 1},
          .kernel = {kernel.begin(), kernel.end() - 2},
          .result = {result.begin() + 1, result.end() - 1},
          .windows = {c.strides, c.padding_low, c.padding_high, c.dilation}};
}

struct State final : ir::KernelState {
  std::shared_ptr<const cuda::CudnnPlan> plan;
  std::unique_ptr<ir::KernelState> otherwise;
};

class CudnnKernel final : public ir::Kernel {
 public:
  CudnnKernel(const ConvolutionShape& shape, const Target& target)
      : shape_(shape),
        workspace_(static_cast<std::size_t>(target.convolution_workspace())),
        numerics_(target.numerics),
        otherwise_(conv_text_kernel(shape, target)) {}

  TargetKind kind() const override { return TargetKind::cuda; }
  std::string describe() const override { return "cudnn " + cuda::to_string(shape_); }
  std::size_t scratch_bytes() const override { return workspace_; }
  std::unique_ptr<ir::KernelState> make_state() const override { return std::make_unique<State>(); }

  void prepare(const ir::KernelCall& call) const override {
    auto& state = static_cast<State&>(*call.state);
    if (state.plan || state.otherwise) return;
    try {
      state.plan = cuda::CudnnPlan::of(*static_cast<cuda::Runtime*>(call.device), graph_of(shape_), policy());
    } catch (const DeviceError& refusal) {
      log::notice_once("Convolutions run slower, by kernels of Cornu's own: {}", refusal.what());
      log::debug("{}: {}", describe(), refusal.what());
      state.otherwise = otherwise_->make_state();
      otherwise_->prepare(with(call, state));
    }
  }
  ir::KernelReport report(const Target& target) const override {
    ir::KernelReport out{.seconds = cuda::operations_of(shape_) / target.peak_operations(shape_.dtype)};
    if (!cuda::opened<cuda::Cudnn>().problem.empty()) return out;
    const auto plan = cuda::CudnnPlan::of(target.cuda, graph_of(shape_), policy());
    out.details = fmt::format("engine {}{}, {:.1f} MiB of workspace", plan->engine(), plan->is_compiled() ? " (compiled)" : "",
                              double(plan->workspace_bytes()) / (1 << 20));
    return out;
  }
  void run(const ir::KernelCall& call) const override {
    auto& state = static_cast<State&>(*call.state);
    if (!state.plan) return otherwise_->run(with(call, state));
    std::vector<cuda::CUdeviceptr> operands;
    for (int i = 0; i < cuda::operands_of(shape_); ++i) operands.push_back(reinterpret_cast<cuda::CUdeviceptr>(call.operands[i]));
    state.plan->run(static_cast<cuda::Runtime*>(call.device)->stream(), operands,
                    reinterpret_cast<cuda::CUdeviceptr>(call.scratch));
  }

 private:
  static ir::KernelCall with(ir::KernelCall call, const State& state) {
    call.state = state.otherwise.get();
    return call;
  }
  cuda::CudnnPolicy policy() const {
    return {shape_.dtype != float32 || numerics_.tensor_float_32, numerics_.is_deterministic, workspace_,
            cuda::is_autotuning(numerics_)};
  }

  const ConvolutionShape shape_;
  const std::size_t workspace_;
  const Numerics numerics_;
  const std::unique_ptr<ir::Kernel> otherwise_;  // where cuDNN is not there or refuses
};

// A bias, with a residual and relu behind it or not, costs nothing: the engine is the one that the convolution has alone. For relu6, tanh,
// sigmoid and elu cuDNN falls back on its plainest engine, for gelu and swish it compiles one for a second each: these stay ours.
cuda::Epilogue epilogue_of(const Offer& offer, int most) {
  if (&offer.anchor.op() != &conv_op) return {};
  cuda::Epilogue epilogue = cuda::read_epilogue(offer, most, cuda::Residual::is_taken);
  return epilogue.bias ? epilogue : cuda::Epilogue();
}

Answer supports(const Offer& offer, const Target& target) {
  const auto& c = offer.anchor.attributes<ConvAttributes>();
  if (!c.filters_first) return Answer::refuse("cuDNN is given filters first");
  const ConvolutionShape shape = shape_of(offer.anchor);
  if (std::string why = cuda::why_refused(shape, target.cuda); !why.empty()) return Answer::refuse(std::move(why));
  return {epilogue_of(offer, 1 << 30).takes(), {}};
}

Lowered lower(const Offer& offer, int takes, const LoweringContext& context) {
  const cuda::Epilogue epilogue = epilogue_of(offer, takes);
  ConvolutionShape shape = shape_of(offer.anchor);
  shape.has_bias = bool(epilogue.bias);
  shape.has_residual = bool(epilogue.residual);
  shape.has_relu = epilogue.has_relu;
  Lowered out{std::make_unique<CudnnKernel>(shape, context.target),
              {offer.anchor.operands().begin(), offer.anchor.operands().end()},
              {offer.result(takes)}};
  for (const ir::Value& addend : {epilogue.bias, epilogue.residual})
    if (addend) out.inputs.push_back(addend);
  return out;
}

// Integers, and paddings that crop.
Answer text_supports(const Offer& offer, const Target&) {
  if (!offer.anchor.attributes<ConvAttributes>().filters_first) return Answer::refuse("the kernel's filters are not first");
  for (const Shape& shape : {offer.anchor.operand(0).shape(), offer.anchor.operand(1).shape(), offer.anchor.specs()[0].shape})
    if (shape.elements() == 0) return Answer::refuse("an extent is 0");
  return {};
}
Lowered text_lower(const Offer& offer, int, const LoweringContext& context) {
  return {conv_text_kernel(shape_of(offer.anchor), context.target),
          {offer.anchor.operands().begin(), offer.anchor.operands().end()},
          {offer.result(0)}};
}

}  // namespace

std::span<const ir::Lowering> conv_cuda_lowerings() {
  static const ir::Lowering table[] = {{"cudnn", TargetKind::cuda, supports, lower},
                                       {"text", TargetKind::cuda, text_supports, text_lower}};
  return table;
}

}  // namespace cornu::ops

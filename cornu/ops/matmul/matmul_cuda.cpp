#include <algorithm>

#include "cornu/backend/cuda/autotune.h"
#include "cornu/backend/cuda/device/runtime.h"
#include "cornu/backend/cuda/epilogue.h"
#include "cornu/backend/cuda/matmul.h"
#include "cornu/ops/matmul/matmul.h"

namespace cornu::ops {
namespace {

using ir::Answer;
using ir::Lowered;
using ir::LoweringContext;
using ir::Offer;

// Leading axes are one; those of a alone are rows.
cuda::MatmulShape shape_of(const ir::Node& node) {
  const auto& attributes = node.attributes<MatmulAttributes>();
  const Shape &a = node.operand(0).shape(), &b = node.operand(1).shape(), &c = node.specs()[0].shape;
  cuda::MatmulShape shape{.m = c[-2],
                          .n = c[-1],
                          .k = a[attributes.transpose_a ? -2 : -1],
                          .transpose_a = attributes.transpose_a,
                          .transpose_b = attributes.transpose_b,
                          .dtype = node.operand(0).dtype()};
  for (int i = 0; i < c.rank() - 2; ++i) (b.rank() > 2 ? shape.batch : shape.m) *= c[i];
  return shape;
}

struct State final : ir::KernelState {
  std::unique_ptr<cuda::Matmul> matmul;
};

class CublasKernel final : public ir::Kernel {
 public:
  CublasKernel(const cuda::MatmulShape& shape, const Target& target)
      : shape_(shape), workspace_(static_cast<std::size_t>(target.product_workspace())), numerics_(target.numerics) {}
  TargetKind kind() const override { return TargetKind::cuda; }
  std::string describe() const override {
    constexpr std::string_view kBehind[] = {"", " + bias", " + relu", " + bias + relu"};
    return fmt::format("cublaslt matmul [{}, {}, {}, {}]{}{}", shape_.batch, shape_.m, shape_.n, shape_.k,
                       kBehind[int(shape_.epilogue)], shape_.dtype == float32 ? "" : fmt::format(" in {}", shape_.dtype.name()));
  }
  std::size_t scratch_bytes() const override { return workspace_; }
  std::unique_ptr<ir::KernelState> make_state() const override { return std::make_unique<State>(); }
  void prepare(const ir::KernelCall& call) const override {
    auto& state = static_cast<State&>(*call.state);
    if (state.matmul) return;
    auto& runtime = *static_cast<cuda::Runtime*>(call.device);
    state.matmul =
        std::make_unique<cuda::Matmul>(runtime.gpu(), shape_, workspace_, cuda::is_autotuning(numerics_) ? &runtime : nullptr);
  }
  ir::KernelReport report(const Target& target) const override {
    const double operations = 2.0 * double(shape_.batch) * double(shape_.m) * double(shape_.n) * double(shape_.k);
    return {.seconds = operations / target.peak_operations(shape_.dtype)};
  }
  void run(const ir::KernelCall& call) const override {
    const auto& runtime = *static_cast<cuda::Runtime*>(call.device);
    const auto& state = static_cast<State&>(*call.state);
    const auto at = [&](int i) { return reinterpret_cast<cuda::CUdeviceptr>(call.operands[i]); };
    const bool has_bias = cuda::has_bias(shape_.epilogue);
    state.matmul->run(runtime.stream(), at(0), at(1), has_bias ? at(2) : 0, at(has_bias ? 3 : 2),
                      reinterpret_cast<cuda::CUdeviceptr>(call.scratch));
  }

 private:
  const cuda::MatmulShape shape_;
  const std::size_t workspace_;
  const Numerics numerics_;
};

Answer supports(const Offer& offer, const Target& target) {
  const DType dtype = offer.anchor.operand(0).dtype();
  if (dtype != float32 && dtype != float64 && dtype != float16 && dtype != bfloat16)
    return Answer::refuse(fmt::format("cuBLASLt multiplies no {}", dtype.name()));
  if (dtype == bfloat16 && target.cuda.compute_capability < 800) return Answer::refuse("the card has no bfloat16");
  const cuda::MatmulShape shape = shape_of(offer.anchor);
  if (std::min({shape.batch, shape.m, shape.n, shape.k}) == 0) return Answer::refuse("an extent is 0");
  return {cuda::read_epilogue(offer).takes(), {}};
}

Lowered lower(const Offer& offer, int takes, const LoweringContext& context) {
  const cuda::Epilogue epilogue = cuda::read_epilogue(offer, takes);
  cuda::MatmulShape shape = shape_of(offer.anchor);
  shape.tensor_float_32 = context.target.numerics.tensor_float_32;
  shape.epilogue = static_cast<cuda::MatmulEpilogue>(int(bool(epilogue.bias)) + 2 * int(epilogue.has_relu));
  Lowered out{std::make_unique<CublasKernel>(shape, context.target),
              {offer.anchor.operands().begin(), offer.anchor.operands().end()},
              {offer.result(takes)}};
  if (epilogue.bias) out.inputs.push_back(epilogue.bias);
  return out;
}

}  // namespace

std::span<const ir::Lowering> matmul_cuda_lowerings() {
  static const ir::Lowering table[] = {{"cublaslt", TargetKind::cuda, supports, lower}};
  return table;
}

}  // namespace cornu::ops

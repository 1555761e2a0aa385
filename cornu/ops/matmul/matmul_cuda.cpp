#include <algorithm>

#include "cornu/backend/cuda/matmul.h"
#include "cornu/backend/cuda/runtime.h"
#include "cornu/ops/matmul/matmul.h"

namespace cornu::ops {
namespace {

using ir::Answer;
using ir::Lowered;
using ir::LoweringContext;
using ir::Offer;

constexpr std::size_t kMostWorkspace = std::size_t{32} << 20;

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
  devices::Allocator::Piece workspace;
};

class CublasKernel final : public ir::Kernel {
 public:
  explicit CublasKernel(const cuda::MatmulShape& shape) : shape_(shape) {}
  TargetKind kind() const override { return TargetKind::cuda; }
  std::string describe() const override {
    return fmt::format("cublaslt matmul [{}, {}, {}, {}]", shape_.batch, shape_.m, shape_.n, shape_.k);
  }
  std::unique_ptr<ir::KernelState> make_state() const override { return std::make_unique<State>(); }
  void run(const ir::KernelCall& call) const override {
    auto& runtime = *static_cast<cuda::Runtime*>(call.device);
    auto& state = static_cast<State&>(*call.state);
    if (!state.matmul) {
      state.matmul = std::make_unique<cuda::Matmul>(runtime.gpu(), shape_, kMostWorkspace);
      state.workspace = runtime.memory().allocate(state.matmul->workspace_bytes(), "cuBLASLt's workspace");
    }
    const auto at = [&](int i) { return reinterpret_cast<cuda::CUdeviceptr>(call.operands[i]); };
    state.matmul->run(runtime.stream(), at(0), at(1), 0, at(2), state.workspace.address());
  }

 private:
  const cuda::MatmulShape shape_;
};

Answer supports(const Offer& offer, const Target&) {
  const DType dtype = offer.anchor.operand(0).dtype();
  if (dtype != float32 && dtype != float64 && dtype != float16 && dtype != bfloat16)
    return Answer::refuse(fmt::format("cuBLASLt multiplies no {}", dtype.name()));
  const cuda::MatmulShape shape = shape_of(offer.anchor);
  if (std::min({shape.batch, shape.m, shape.n, shape.k}) == 0) return Answer::refuse("an extent is 0");
  return {};
}

Lowered lower(const Offer& offer, int, const LoweringContext&) {
  Lowered out{std::make_unique<CublasKernel>(shape_of(offer.anchor)),
              {offer.anchor.operands().begin(), offer.anchor.operands().end()},
              {}};
  out.outputs = {offer.result(0)};
  return out;
}

}  // namespace

std::span<const ir::Lowering> matmul_cuda_lowerings() {
  static const ir::Lowering table[] = {{"cublaslt", TargetKind::cuda, supports, lower}};
  return table;
}

}  // namespace cornu::ops

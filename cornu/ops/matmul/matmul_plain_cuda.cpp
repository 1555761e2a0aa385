#include "cornu/backend/cuda/kernel/text_kernel.h"
#include "cornu/codegen/cuda_text.h"
#include "cornu/ops/matmul/matmul.h"

namespace cornu::ops {
namespace {

using cuda::Argument;

// A thread makes an element, in the order of k: for what cuBLASLt does not multiply.
constexpr const char* kLibrary = R"cuda(
namespace cornu::kernel {

template <class Sum>
inline Sum with_product(Sum sum, Sum a, Sum b) {
  if constexpr (same<Sum, bool>) return sum || (a && b);
  else return sum + a * b;
}

template <class Stored, class Sum, class Out>
inline void matmul(const char* a, const char* b, char* c, int64_t batch, int64_t m, int64_t n, int64_t k, bool transpose_a,
                   bool transpose_b, bool shares_b) {
  for (int64_t at = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; at < batch * m * n; at += int64_t(gridDim.x) * blockDim.x) {
    const int64_t row = at / n, j = at - row * n, matrix = row / m, i = row - matrix * m;
    const int64_t left = matrix * m * k + (transpose_a ? i : i * k), left_step = transpose_a ? m : 1;
    const int64_t right = (shares_b ? 0 : matrix * k * n) + (transpose_b ? j * k : j), right_step = transpose_b ? 1 : n;
    Sum sum = 0;
    for (int64_t l = 0; l < k; ++l)
      sum = with_product(sum, load<Stored, Sum>(a, left + l * left_step), load<Stored, Sum>(b, right + l * right_step));
    store<Out>(c, at, sum);
  }
}

}  // namespace cornu::kernel
)cuda";

ir::Lowered lower(const ir::Offer& offer, int, const ir::LoweringContext& context) {
  const ir::Node& node = offer.anchor;
  const auto& attributes = node.attributes<MatmulAttributes>();
  const Shape &a = node.operand(0).shape(), &b = node.operand(1).shape(), &c = node.specs()[0].shape;
  const DType from = node.operand(0).dtype(), to = node.specs()[0].dtype;
  int64_t batch = 1;
  for (int i = 0; i < c.rank() - 2; ++i) batch *= c[i];
  std::vector<Argument> arguments{Argument::operand(0), Argument::operand(1), Argument::operand(2)};
  for (const int64_t number : {batch, c[-2], c[-1], a[attributes.transpose_a ? -2 : -1], int64_t{attributes.transpose_a},
                               int64_t{attributes.transpose_b}, int64_t{b.rank() == 2}})
    arguments.push_back(Argument::number(number));
  const std::string sum = from.is_integer() ? "uint64_t" : from == bool_ ? "bool" : from == float64 ? "double" : "float";
  const std::string name = fmt::format("matmul_{}", from.name());
  std::string text = fmt::format(
      R"cuda(
extern "C" __global__ void __launch_bounds__(256) {}(const char* a, const char* b, char* c, int64_t batch, int64_t m, int64_t n,
    int64_t k, int64_t transpose_a, int64_t transpose_b, int64_t shares_b) {{
  using namespace cornu::kernel;
  matmul<{}, {}, {}>(a, b, c, batch, m, n, k, transpose_a != 0, transpose_b != 0, shares_b != 0);
}}
)cuda",
      name, codegen::cuda_type(from), sum, codegen::cuda_type(to));
  std::vector<cuda::TextLaunch> launches;
  launches.push_back({{name, {kLibrary}, std::move(text)}, cuda::grid_for(c.elements(), context.target), std::move(arguments)});
  return {std::make_unique<cuda::TextKernel>("matmul [cuda plain]", std::move(launches)),
          {node.operands().begin(), node.operands().end()},
          {offer.result(0)}};
}

}  // namespace

std::span<const ir::Lowering> matmul_plain_cuda_lowerings() {
  static const ir::Lowering table[] = {{"plain", TargetKind::cuda, ir::any_offer, lower}};
  return table;
}

}  // namespace cornu::ops

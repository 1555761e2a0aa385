#include "cornu/backend/cuda/kernel/text_kernel.h"
#include "cornu/codegen/cuda_text.h"
#include "cornu/ops/axis.h"
#include "cornu/ops/cumulative/cumulative.h"

namespace cornu::ops {
namespace {

using cuda::Argument;

constexpr const char* kLibrary = R"cuda(
namespace cornu::kernel {

struct SumStep {
  template <class T>
  static T next(T y, T x, T) { return y + x; }
};
struct ProductStep {
  template <class T>
  static T next(T y, T x, T) { return y * x; }
};
struct RecurrenceStep {
  template <class T>
  static T next(T y, T b, T a) { return a * y + b; }
};

// A line along the axis is a thread's.
template <class Step, class Stored, class T>
inline void accumulate_lines(const char* a, const char* x, char* out, int64_t outer, int64_t extent, int64_t inner, bool reverse) {
  for (int64_t line = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; line < outer * inner; line += int64_t(gridDim.x) * blockDim.x) {
    const int64_t before = line / inner, start = before * extent * inner + (line - before * inner);
    T y = 0;
    for (int64_t i = 0; i < extent; ++i) {
      const int64_t at = start + (reverse ? extent - 1 - i : i) * inner;
      const T next = load<Stored, T>(x, at);
      y = i == 0 ? next : Step::next(y, next, load<Stored, T>(a, at));
      store<Stored>(out, at, y);
    }
  }
}

// A line is a block's. Each thread adds up a few neighbours, a warp its threads, the block its warps; what came so far is carried on.
template <class Stored, class T>
inline void sum_blocks(T* warp_sums, const char* x, char* out, int64_t outer, int64_t extent, int64_t inner, bool reverse) {
  constexpr int kOfThread = 4, kThreads = 256;
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  for (int64_t line = blockIdx.x; line < outer * inner; line += gridDim.x) {
    const int64_t before = line / inner, start = before * extent * inner + (line - before * inner);
    T carry = 0;
    for (int64_t tile = 0; tile < extent; tile += kOfThread * kThreads) {
      T sums[kOfThread], so_far = 0;
      const int64_t first = tile + threadIdx.x * kOfThread;
      for (int k = 0; k < kOfThread; ++k) {
        const int64_t i = first + k, at = start + (reverse ? extent - 1 - i : i) * inner;
        if (i < extent) so_far += load<Stored, T>(x, at);
        sums[k] = so_far;
      }
      for (int lanes = 1; lanes < 32; lanes *= 2) {
        const T other = __shfl_sync(0xffffffffu, so_far, lane >= lanes ? lane - lanes : lane);
        if (lane >= lanes) so_far = other + so_far;
      }
      const T of_left = __shfl_sync(0xffffffffu, so_far, lane > 0 ? lane - 1 : 0);
      __syncthreads();  // the last tile's have been read
      if (lane == 31) warp_sums[warp] = so_far;
      __syncthreads();
      T base = carry;
      for (int other = 0; other < kThreads / 32; ++other) {
        if (other == warp) base = carry;
        carry += warp_sums[other];
      }
      if (lane > 0) base += of_left;
      for (int k = 0; k < kOfThread; ++k) {
        const int64_t i = first + k, at = start + (reverse ? extent - 1 - i : i) * inner;
        if (i < extent) store<Stored>(out, at, base + sums[k]);
      }
    }
  }
}

}  // namespace cornu::kernel
)cuda";

AxisSplit split_of(const ir::Node& node) { return split_at(node.specs()[0].shape, node.attributes<CumulativeAttributes>().axis); }

// Integers wrap alike, whatever their sign.
struct Types {
  std::string stored, accumulator;
};
Types types_of(DType dtype) {
  if (dtype.is_integer()) return {fmt::format("uint{}_t", 8 * dtype.size()), "uint64_t"};
  return {codegen::cuda_type(dtype), dtype == float64 ? "double" : "float"};
}

cuda::TextLaunch launch_of(const ir::Node& node, const std::string& name, std::string text, cuda::Grid grid) {
  const AxisSplit split = split_of(node);
  std::vector<Argument> arguments;
  for (int i = 0; i <= static_cast<int>(node.operands().size()); ++i) arguments.push_back(Argument::operand(i));
  if (node.operands().size() == 1)
    arguments.insert(arguments.begin(), Argument::operand(0));  // what stands for the factors is not read
  for (const int64_t n : {split.outer, split.extent, split.inner, int64_t{node.attributes<CumulativeAttributes>().reverse}})
    arguments.push_back(Argument::number(n));
  return {{name, {kLibrary}, std::move(text)}, grid, std::move(arguments)};
}

constexpr const char* kParameters =
    "const char* a, const char* x, char* out, int64_t outer, int64_t extent, int64_t inner, int64_t reverse";

ir::Lowered lowered(const ir::Offer& offer, const char* form, cuda::TextLaunch launch) {
  std::vector<cuda::TextLaunch> launches;
  launches.push_back(std::move(launch));
  return {std::make_unique<cuda::TextKernel>(fmt::format("{} [cuda {}]", offer.anchor.op().name, form), std::move(launches)),
          ir::offered_inputs(offer, 0),
          {offer.result(0)}};
}

ir::Lowered lower_lines(const ir::Offer& offer, int, const ir::LoweringContext& context) {
  const ir::Node& node = offer.anchor;
  const auto [stored, accumulator] = types_of(node.specs()[0].dtype);
  const char* step = &node.op() == &cumsum_op ? "SumStep" : &node.op() == &cumprod_op ? "ProductStep" : "RecurrenceStep";
  const std::string name = fmt::format("{}_lines_{}", node.op().name, stored);
  std::string text = fmt::format(
      R"cuda(
extern "C" __global__ void __launch_bounds__(256) {}({}) {{
  using namespace cornu::kernel;
  accumulate_lines<{}, {}, {}>(a, x, out, outer, extent, inner, reverse != 0);
}}
)cuda",
      name, kParameters, step, stored, accumulator);
  const AxisSplit split = split_of(node);
  return lowered(offer, "lines",
                 launch_of(node, name, std::move(text), cuda::grid_for(split.outer * split.inner, context.target)));
}

ir::Lowered lower_blocks(const ir::Offer& offer, int, const ir::LoweringContext&) {
  const ir::Node& node = offer.anchor;
  const auto [stored, accumulator] = types_of(node.specs()[0].dtype);
  const std::string name = fmt::format("{}_blocks_{}", node.op().name, stored);
  std::string text = fmt::format(
      R"cuda(
extern "C" __global__ void __launch_bounds__(256) {}({}) {{
  using namespace cornu::kernel;
  __shared__ {} warp_sums[8];
  sum_blocks<{}, {}>(warp_sums, x, out, outer, extent, inner, reverse != 0);
}}
)cuda",
      name, kParameters, accumulator, stored, accumulator);
  const AxisSplit split = split_of(node);
  const auto blocks = static_cast<unsigned>(std::max<int64_t>(split.outer * split.inner, 1));
  return lowered(offer, "blocks", launch_of(node, name, std::move(text), {blocks, cuda::kTextBlock}));
}

// Sums alone may be regrouped: partial products of floats overflow where the whole does not.
ir::Answer are_few(const ir::Offer& offer, const Target&) {
  constexpr int64_t kFew = 1024;
  const AxisSplit split = split_of(offer.anchor);
  return split.outer * split.inner < kFew ? ir::Answer() : ir::Answer::refuse("there are lines for all threads");
}

const ir::Lowering kSums[] = {{"blocks", TargetKind::cuda, are_few, lower_blocks},
                              {"lines", TargetKind::cuda, ir::any_offer, lower_lines}};
const ir::Lowering kLines[] = {{"lines", TargetKind::cuda, ir::any_offer, lower_lines}};

}  // namespace

std::span<const ir::Lowering> cumsum_cuda_lowerings() { return kSums; }
std::span<const ir::Lowering> cumprod_cuda_lowerings() { return kLines; }
std::span<const ir::Lowering> linear_recurrence_cuda_lowerings() { return kLines; }

}  // namespace cornu::ops

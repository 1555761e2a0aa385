#include <numeric>

#include "cornu/backend/cuda/kernel/text_kernel.h"
#include "cornu/ops/axis.h"
#include "cornu/ops/concat/concat.h"

namespace cornu::ops {
namespace {

using cuda::Argument;

// More operands are joined by several launches.
constexpr std::size_t kMostOperands = 16;

constexpr const char* kLibrary = R"cuda(
namespace cornu::kernel {

// The bytes of each operand in a row of the result, one behind the other from byte `start` of the row on.
template <class Count, int operands>
inline void concat(char* out, int64_t rows, int64_t row_bytes, int64_t start, const char* const (&from)[operands],
                   const int64_t (&bytes)[operands]) {
  uint64_t all = uint64_t(out) | uint64_t(row_bytes) | uint64_t(start);
  int64_t together = 0;
  for (int k = 0; k < operands; ++k) {
    all |= uint64_t(from[k]) | uint64_t(bytes[k]);
    together += bytes[k];
  }
  with_unit(all, [&]<class Unit>(Unit) {
    constexpr int64_t size = sizeof(Unit);
    const Count width = together / size, units = rows * width;
    for (Count i = Count(blockIdx.x) * blockDim.x + threadIdx.x; i < units; i += Count(gridDim.x) * blockDim.x) {
      const Count row = i / width, place = i - row * width;
      int64_t within = place;
      Unit unit{};
      bool is_found = false;
      for (int k = 0; k < operands; ++k) {
        const int64_t length = bytes[k] / size;
        if (!is_found && within < length) {
          unit = reinterpret_cast<const Unit*>(from[k])[row * length + within];
          is_found = true;
        }
        within -= length;
      }
      reinterpret_cast<Unit*>(out)[row * (row_bytes / size) + start / size + place] = unit;
    }
  });
}

}  // namespace cornu::kernel
)cuda";

// The operands from `first` on.
cuda::TextLaunch launch_of(const ir::Node& node, std::size_t first, const Target& target) {
  const ir::Spec& spec = node.specs()[0];
  const int64_t rows = split_at(spec.shape, node.attributes<ConcatAttributes>().axis).outer;
  const auto operands = node.operands();
  const std::size_t count = std::min(operands.size() - first, kMostOperands);
  std::vector<int64_t> bytes;
  for (const ir::Value& v : operands) bytes.push_back(ir::bytes_of(v.spec()) / std::max<int64_t>(rows, 1));
  const auto sum = [&](std::size_t begin, std::size_t end) {
    return std::accumulate(bytes.begin() + static_cast<std::ptrdiff_t>(begin), bytes.begin() + static_cast<std::ptrdiff_t>(end),
                           int64_t{0});
  };
  const int64_t total = rows * sum(first, first + count);
  std::vector<Argument> arguments{Argument::operand(static_cast<int>(operands.size())), Argument::number(rows),
                                  Argument::number(sum(0, operands.size())), Argument::number(sum(0, first))};
  for (std::size_t i = 0; i < count; ++i) arguments.push_back(Argument::operand(static_cast<int>(first + i)));
  for (std::size_t i = 0; i < count; ++i) arguments.push_back(Argument::number(bytes[first + i]));
  const char* counter = cuda::counter_for(total);
  const std::string name = fmt::format("concat_{}_{}", count, counter);
  std::string text = fmt::format(
      R"cuda(
extern "C" __global__ void __launch_bounds__(256) {}(char* out, int64_t rows, int64_t row_bytes, int64_t start{}{}) {{
  const char* const from[] = {{{}}};
  const int64_t bytes[] = {{{}}};
  cornu::kernel::concat<{}, {}>(out, rows, row_bytes, start, from, bytes);
}}
)cuda",
      name, cuda::parameter_list("from", count, "const char*"), cuda::parameter_list("bytes", count),
      cuda::name_list("from", count), cuda::name_list("bytes", count), counter, count);
  return {{name, {kLibrary}, std::move(text)}, cuda::grid_for(total / 16, target), std::move(arguments)};
}

ir::Lowered lower(const ir::Offer& offer, int, const ir::LoweringContext& context) {
  std::vector<cuda::TextLaunch> launches;
  for (std::size_t first = 0; first < offer.anchor.operands().size(); first += kMostOperands)
    launches.push_back(launch_of(offer.anchor, first, context.target));
  return {
      std::make_unique<cuda::TextKernel>("concat [cuda]", std::move(launches)), ir::offered_inputs(offer, 0), {offer.result(0)}};
}

}  // namespace

std::span<const ir::Lowering> concat_cuda_lowerings() {
  static const ir::Lowering table[] = {{"copy", TargetKind::cuda, ir::any_offer, lower}};
  return table;
}

}  // namespace cornu::ops

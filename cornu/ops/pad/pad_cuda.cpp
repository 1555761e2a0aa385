#include "cornu/backend/cuda/kernel/text_kernel.h"
#include "cornu/ops/gather/index_cuda.h"
#include "cornu/ops/pad/pad.h"

namespace cornu::ops {
namespace {

using cuda::Argument;

constexpr const char* kLibrary = R"cuda(
namespace cornu::kernel {

// Each element of the result, of `bytes` bytes, is one of x or the pattern. Per axis: element p of x stands at low + p * step.
template <class Count, int rank>
inline void pad(const char* x, char* out, int64_t bytes, int64_t rows, uint64_t pattern, const int64_t (&from)[rank],
                const int64_t (&to)[rank], const int64_t (&low)[rank], const int64_t (&step)[rank]) {
  with_unit(uint64_t(x) | uint64_t(out) | uint64_t(bytes), [&]<class Unit>(Unit) {
    const Count width = bytes / int64_t(sizeof(Unit)), units = rows * width;
    for (Count i = Count(blockIdx.x) * blockDim.x + threadIdx.x; i < units; i += Count(gridDim.x) * blockDim.x) {
      const Count row = i / width;
      Count left = row;
      bool is_inside = true;
      int64_t place = 0, stride = 1;
      for (int axis = rank - 1; axis >= 0; --axis) {
        const Count extent = to[axis], next = axis == 0 ? Count(0) : left / extent;
        const int64_t at = int64_t(left - next * extent) - low[axis], p = step[axis] == 1 ? at : at / step[axis];
        is_inside = is_inside && at >= 0 && p < from[axis] && p * step[axis] == at;
        place += p * stride;
        stride *= from[axis];
        left = next;
      }
      reinterpret_cast<Unit*>(out)[i] =
          is_inside ? reinterpret_cast<const Unit*>(x)[place * width + (i - row * width)] : filled<Unit>(pattern);
    }
  });
}

}  // namespace cornu::kernel
)cuda";

// Neighbouring axes that stay as they are count as one, and the last of these is part of an element.
struct Axes {
  std::vector<int64_t> from, to, low, step;
  int64_t bytes;
};

Axes axes_of(const ir::Node& node) {
  const auto& a = node.attributes<PadAttributes>();
  const Shape &from = node.operand(0).shape(), &to = node.specs()[0].shape;
  Axes out{.bytes = node.specs()[0].dtype.size()};
  const auto stays = [&](std::size_t axis) { return a.low[axis] == 0 && a.high[axis] == 0 && a.interior[axis] == 0; };
  std::size_t rank = a.low.size();
  for (; rank > 0 && stays(rank - 1); --rank) out.bytes *= from[static_cast<int>(rank - 1)];
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const int64_t old = from[static_cast<int>(axis)], fresh = to[static_cast<int>(axis)];
    if (axis > 0 && stays(axis) && stays(axis - 1)) {
      out.from.back() *= old;
      out.to.back() *= fresh;
      continue;
    }
    out.from.push_back(old);
    out.to.push_back(fresh);
    out.low.push_back(a.low[axis]);
    out.step.push_back(a.interior[axis] + 1);
  }
  if (out.from.empty()) out.from = out.to = out.step = {1}, out.low = {0};
  return out;
}

ir::Lowered lower(const ir::Offer& offer, int, const ir::LoweringContext& context) {
  const ir::Node& node = offer.anchor;
  const Axes axes = axes_of(node);
  const std::size_t rank = axes.from.size();
  int64_t rows = 1;
  for (const int64_t extent : axes.to) rows *= extent;
  const uint64_t pattern = dispatch(
      node.specs()[0].dtype, [&]<class T>(T) { return pattern_of(static_cast<T>(node.attributes<PadAttributes>().value)); });
  std::vector<Argument> arguments{Argument::operand(0), Argument::operand(1), Argument::number(axes.bytes),
                                  Argument::number(rows), Argument::number(static_cast<int64_t>(pattern))};
  for (const auto* numbers : {&axes.from, &axes.to, &axes.low, &axes.step})
    for (const int64_t n : *numbers) arguments.push_back(Argument::number(n));
  const char* counter = cuda::counter_for(rows * axes.bytes);
  const std::string name = fmt::format("pad_{}_{}", rank, counter);
  std::string parameters, arrays;
  for (const char* list : {"from", "to", "low", "step"}) {
    parameters += cuda::parameter_list(list, rank);
    arrays += fmt::format("  const int64_t {}[] = {{{}}};\n", list, cuda::name_list(list, rank));
  }
  std::string text = fmt::format(
      R"cuda(
extern "C" __global__ void __launch_bounds__(256) {}(const char* x, char* out, int64_t bytes, int64_t rows, uint64_t pattern{}) {{
{}  cornu::kernel::pad<{}, {}>(x, out, bytes, rows, pattern, from, to, low, step);
}}
)cuda",
      name, parameters, arrays, counter, rank);
  std::vector<cuda::TextLaunch> launches;
  launches.push_back({{name, {kLibrary}, std::move(text)}, cuda::grid_for(rows * axes.bytes / 16, context.target), arguments});
  return {std::make_unique<cuda::TextKernel>("pad [cuda]", std::move(launches)), ir::offered_inputs(offer, 0), {offer.result(0)}};
}

}  // namespace

std::span<const ir::Lowering> pad_cuda_lowerings() {
  static const ir::Lowering table[] = {{"copy", TargetKind::cuda, ir::any_offer, lower}};
  return table;
}

}  // namespace cornu::ops

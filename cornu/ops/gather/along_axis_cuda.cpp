#include "cornu/backend/cuda/kernel/text_kernel.h"
#include "cornu/ops/axis.h"
#include "cornu/ops/gather/index_cuda.h"
#include "cornu/ops/scatter/scatter_cuda.h"

namespace cornu::ops {
namespace {

using cuda::Argument;

// x is (outer, extent, inner), the indices are (outer, count, inner).
constexpr const char* kLibrary = R"cuda(
namespace cornu::kernel {

template <class Count, class Index, class Unit>
inline void take_along_axis(const char* x, const char* indices, char* out, int64_t outer, int64_t extent, int64_t count, int64_t inner,
                            uint64_t missing) {
  const Count all = outer * count * inner, width = inner, block = count * inner;
  for (Count i = Count(blockIdx.x) * blockDim.x + threadIdx.x; i < all; i += Count(gridDim.x) * blockDim.x) {
    const Count before = i / block, column = i % width;
    const int64_t at = resolved(int64_t(reinterpret_cast<const Index*>(indices)[i]), extent, false);
    reinterpret_cast<Unit*>(out)[i] =
        at < 0 ? filled<Unit>(missing) : reinterpret_cast<const Unit*>(x)[(before * extent + at) * inner + column];
  }
}

// A line along the axis is a thread's.
template <class Stored, class R, class Index>
inline void add_to_lines(char* out, const char* base, const char* indices, const char* updates, int64_t outer, int64_t extent,
                         int64_t count, int64_t inner) {
  using T = typename RegisterOf<Stored>::Type;
  for (int64_t line = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; line < outer * inner; line += int64_t(gridDim.x) * blockDim.x) {
    const int64_t before = line / inner, column = line - before * inner;
    const int64_t to = before * extent * inner + column, from = before * count * inner + column;
    if (base != out)
      for (int64_t i = 0; i < extent; ++i) store<Stored>(out, to + i * inner, load<Stored, T>(base, to + i * inner));
    for (int64_t j = 0; j < count; ++j) {
      const int64_t at = resolved(int64_t(reinterpret_cast<const Index*>(indices)[from + j * inner]), extent, false);
      if (at < 0) continue;
      const T sum = R::apply(load<Stored, T>(out, to + at * inner), load<Stored, T>(updates, from + j * inner));
      store<Stored>(out, to + at * inner, sum);
    }
  }
}

// A part of a line is a block's.
template <class Stored, class R, class Index>
inline void add_to_blocks(ScatterTile& shared, char* out, const char* base, const char* indices, const char* updates, int64_t outer, int64_t extent,
                          int64_t count, int64_t inner, int64_t row_parts) {
  for (int64_t part = blockIdx.x; part < outer * inner * row_parts; part += gridDim.x) {
    const int64_t row = part % row_parts, line = part / row_parts, before = line / inner, column = line - before * inner;
    const int64_t to = (before * extent * inner + column) * int64_t(sizeof(Stored)), from = before * count * inner + column;
    scatter_block<Stored, R>(shared, out + to, base + to, 0, updates + from * int64_t(sizeof(Stored)), count, row * extent / row_parts,
                             (row + 1) * extent / row_parts, 0, 1, inner, [&](int64_t j) {
                               return resolved(int64_t(reinterpret_cast<const Index*>(indices)[from + j * inner]), extent, false);
                             });
  }
}

}  // namespace cornu::kernel
)cuda";

struct Plan {
  AxisSplit split;
  int64_t count;
  DType dtype, index;
};
Plan plan_of(const ir::Node& node) {
  const int axis = node.attributes<AlongAxisAttributes>().axis;
  return {split_at(node.operand(0).shape(), axis), node.operand(1).shape()[axis], node.specs()[0].dtype, node.operand(1).dtype()};
}

ir::Lowered lower_take(const ir::Offer& offer, int, const ir::LoweringContext& context) {
  const auto [split, count, dtype, index] = plan_of(offer.anchor);
  const int64_t total = split.outer * count * split.inner;
  const char* counter = cuda::counter_for(total);
  const std::string name = fmt::format("take_along_axis_{}_{}_{}", dtype.size(), index.name(), counter);
  std::string text = fmt::format(
      R"cuda(
extern "C" __global__ void __launch_bounds__(256) {}(const char* x, const char* indices, char* out, int64_t outer, int64_t extent,
    int64_t count, int64_t inner, uint64_t missing) {{
  cornu::kernel::take_along_axis<{}, {}, uint{}_t>(x, indices, out, outer, extent, count, inner, missing);
}}
)cuda",
      name, counter, codegen::cuda_type(index), 8 * dtype.size());
  std::vector<cuda::TextLaunch> launches;
  launches.push_back({{name, {kIndexLibrary, kScatterLibrary, kLibrary}, std::move(text)},
                      cuda::grid_for(total, context.target),
                      {Argument::operand(0), Argument::operand(1), Argument::operand(2), Argument::number(split.outer),
                       Argument::number(split.extent), Argument::number(count), Argument::number(split.inner),
                       Argument::number(static_cast<int64_t>(fill_pattern(dtype)))}});
  return {std::make_unique<cuda::TextKernel>("take_along_axis [cuda]", std::move(launches)),
          ir::offered_inputs(offer, 0),
          {offer.result(0)}};
}

enum class Form { lines, blocks };

template <Form form>
ir::Lowered lower_add(const ir::Offer& offer, int, const ir::LoweringContext& context) {
  const auto [split, count, dtype, index] = plan_of(offer.anchor);
  const bool of_blocks = form == Form::blocks;
  // Integers wrap alike, whatever their sign.
  const std::string stored = dtype.is_integer() ? fmt::format("uint{}_t", 8 * dtype.size()) : codegen::cuda_type(dtype);
  const std::string reduction = dtype == bool_ ? "Any<bool>" : fmt::format("Sum<RegisterOf<{}>::Type>", stored);
  const std::string name = fmt::format("add_along_axis_{}_{}_{}", of_blocks ? "blocks" : "lines", stored, index.name());
  const std::string types = fmt::format("{}, {}, {}", stored, reduction, codegen::cuda_type(index));
  const std::string call = of_blocks ? fmt::format("__shared__ ScatterTile shared;\n  add_to_blocks<{}>(shared, ", types)
                                     : fmt::format("add_to_lines<{}>(", types);
  std::string text = fmt::format(
      R"cuda(
extern "C" __global__ void __launch_bounds__(256) {}(char* out, const char* base, const char* indices, const char* updates,
    int64_t outer, int64_t extent, int64_t count, int64_t inner{}) {{
  using namespace cornu::kernel;
  {}out, base, indices, updates, outer, extent, count, inner{});
}}
)cuda",
      name, of_blocks ? ", int64_t row_parts" : "", call, of_blocks ? ", row_parts" : "");
  std::vector<Argument> arguments{Argument::operand(3),    Argument::operand(0),          Argument::operand(1),
                                  Argument::operand(2),    Argument::number(split.outer), Argument::number(split.extent),
                                  Argument::number(count), Argument::number(split.inner)};
  const int64_t lines = split.outer * split.inner;
  cuda::Grid grid = cuda::grid_for(lines, context.target);
  if (of_blocks) {
    const int64_t most = 8 * std::max<int64_t>(context.target.cuda.multiprocessors, 1);
    const int64_t parts = std::clamp<int64_t>(most / std::max<int64_t>(lines, 1), 1, std::max<int64_t>(split.extent / 64, 1));
    arguments.push_back(Argument::number(parts));
    grid.blocks = static_cast<unsigned>(std::max<int64_t>(lines * parts, 1));
  }
  std::vector<cuda::TextLaunch> launches;
  launches.push_back({{name, {kIndexLibrary, kScatterLibrary, kLibrary}, std::move(text)}, grid, std::move(arguments)});
  return {std::make_unique<cuda::TextKernel>(fmt::format("add_along_axis [cuda {}]", of_blocks ? "blocks" : "lines"),
                                             std::move(launches), 0, cuda::TextKernel::Pairs{{0, 3}}),
          ir::offered_inputs(offer, 0),
          {offer.result(0)}};
}

ir::Answer are_few(const ir::Offer& offer, const Target&) {
  const AxisSplit split = plan_of(offer.anchor).split;
  constexpr int64_t kFew = 2048;
  return split.outer * split.inner < kFew ? ir::Answer() : ir::Answer::refuse("there are lines for all threads");
}

}  // namespace

std::span<const ir::Lowering> take_along_axis_cuda_lowerings() {
  static const ir::Lowering table[] = {{"elements", TargetKind::cuda, ir::any_offer, lower_take}};
  return table;
}

std::span<const ir::Lowering> add_along_axis_cuda_lowerings() {
  static const ir::Lowering table[] = {{"blocks", TargetKind::cuda, are_few, lower_add<Form::blocks>},
                                       {"lines", TargetKind::cuda, ir::any_offer, lower_add<Form::lines>}};
  return table;
}

}  // namespace cornu::ops

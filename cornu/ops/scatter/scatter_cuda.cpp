#include "cornu/ops/scatter/scatter_cuda.h"

#include "cornu/backend/cuda/kernel/text_kernel.h"
#include "cornu/ir/leaf.h"
#include "cornu/ops/axis.h"
#include "cornu/ops/gather/index_cuda.h"
#include "cornu/ops/scatter/scatter.h"

namespace cornu::ops {
namespace {

using cuda::Argument;

constexpr const char* kLibrary = R"cuda(
namespace cornu::kernel {

// Blocks of the grid take parts of rows and columns.
template <class Stored, class R, class Index, int depth>
inline void scatter(ScatterTile& shared, char* out, const char* base, uint64_t element, const char* indices, const char* updates, int64_t outer,
                    int64_t extent, int64_t count, int64_t inner, bool clips, int64_t row_parts, int64_t column_parts,
                    const int64_t (&dims)[depth]) {
  for (int64_t part = blockIdx.x; part < outer * row_parts * column_parts; part += gridDim.x) {
    const int64_t column = part % column_parts, row = part / column_parts % row_parts, before = part / column_parts / row_parts;
    const int64_t offset = before * extent * inner * int64_t(sizeof(Stored));
    scatter_block<Stored, R>(shared, out + offset, base ? base + offset : nullptr, element,
                             updates + before * count * inner * int64_t(sizeof(Stored)), count, row * extent / row_parts,
                             (row + 1) * extent / row_parts, column * inner / column_parts, (column + 1) * inner / column_parts,
                             inner, [&](int64_t j) {
                               return resolved<Index, depth>(reinterpret_cast<const Index*>(indices) + j * depth, dims, clips);
                             });
  }
}

}  // namespace cornu::kernel
)cuda";

// What the reduction is in the text, of elements of what type.
struct Reduction {
  std::string type, apply;
};
Reduction reduction_of(ScatterReduction reduction, DType dtype) {
  using enum ScatterReduction;
  const std::string stored = codegen::cuda_type(dtype), bits = fmt::format("uint{}_t", 8 * dtype.size());
  const auto in_registers = [](const std::string& type, const char* apply) {
    return Reduction{type, fmt::format("{}<RegisterOf<{}>::Type>", apply, type)};
  };
  if (reduction == set) return {bits, "Last"};
  if (dtype == bool_) return {"bool", reduction == add || reduction == max ? "Any<bool>" : "All<bool>"};
  if (reduction == max || reduction == min) return in_registers(stored, reduction == max ? "Max" : "Min");
  return in_registers(dtype.is_floating() ? stored : bits, reduction == add ? "Sum" : "Prod");
}

// A base that is one number is filled in: it never lies in memory.
std::optional<uint64_t> number_of(const ir::Value& base) {
  if (!ir::is_constant(base)) return std::nullopt;
  uint64_t element = 0;
  const ir::HostOperand one{{base.dtype(), {}}, reinterpret_cast<std::byte*>(&element)};
  auto filling = base->attributes<ir::ConstantAttributes>();
  filling.shape = {};
  ir::constant_op.reference(ir::Attributes::of(filling), {}, std::span(&one, 1));
  return element;
}

ir::Lowered lower(const ir::Offer& offer, int, const ir::LoweringContext& context) {
  const ir::Node& node = offer.anchor;
  const auto& a = node.attributes<ScatterAttributes>();
  const ir::Spec& spec = node.specs()[0];
  const DType index = node.operand(1).dtype();
  const AxisSplit split = split_at(spec.shape, a.axis, a.depth);
  const int64_t count = node.operand(1).shape().elements() / a.depth;
  const auto element = number_of(node.operand(0));

  constexpr int64_t kColumns = 256;
  const int64_t most = 8 * std::max<int64_t>(context.target.cuda.multiprocessors, 1);
  const int64_t column_parts = std::max<int64_t>((split.inner + kColumns - 1) / kColumns, 1);
  const int64_t row_parts =
      std::clamp<int64_t>(most / std::max<int64_t>(split.outer * column_parts, 1), 1, std::max<int64_t>(split.extent, 1));
  const int64_t parts = std::clamp<int64_t>(split.outer * row_parts * column_parts, 1, 1 << 16);

  const int shift = element ? 1 : 0;
  std::vector<Argument> arguments{Argument::operand(3 - shift),
                                  element ? Argument::number(0) : Argument::operand(0),
                                  Argument::number(static_cast<int64_t>(element.value_or(0))),
                                  Argument::operand(1 - shift),
                                  Argument::operand(2 - shift),
                                  Argument::number(split.outer),
                                  Argument::number(split.extent),
                                  Argument::number(count),
                                  Argument::number(split.inner),
                                  Argument::number(a.out_of_range == OutOfRange::clip),
                                  Argument::number(row_parts),
                                  Argument::number(column_parts)};
  for (const int64_t dim : indexed_dims(spec.shape, a.axis, a.depth)) arguments.push_back(Argument::number(dim));

  const Reduction reduction = reduction_of(a.reduction, spec.dtype);
  const std::string name = fmt::format("scatter_{}_{}_{}_{}", reduction.apply.substr(0, reduction.apply.find('<')),
                                       reduction.type, a.depth, index.name());
  std::string text = fmt::format(
      R"cuda(
extern "C" __global__ void __launch_bounds__(256) {}(char* out, const char* base, uint64_t element, const char* indices,
    const char* updates, int64_t outer, int64_t extent, int64_t count, int64_t inner, int64_t clips, int64_t row_parts,
    int64_t column_parts{}) {{
  using namespace cornu::kernel;
  __shared__ ScatterTile shared;
  const int64_t dims[] = {{{}}};
  scatter<{}, {}, {}, {}>(shared, out, base, element, indices, updates, outer, extent, count, inner, clips != 0, row_parts, column_parts, dims);
}}
)cuda",
      name, cuda::parameter_list("dim", static_cast<std::size_t>(a.depth)),
      cuda::name_list("dim", static_cast<std::size_t>(a.depth)), reduction.type, reduction.apply, codegen::cuda_type(index),
      a.depth);

  std::vector<cuda::TextLaunch> launches;
  launches.push_back({{name, {kIndexLibrary, kScatterLibrary, kLibrary}, std::move(text)},
                      {static_cast<unsigned>(parts), cuda::kTextBlock},
                      std::move(arguments)});
  auto inputs = ir::offered_inputs(offer, 0);
  cuda::TextKernel::Pairs in_place;
  if (element) inputs.erase(inputs.begin());
  else in_place = {{0, 3}};
  return {std::make_unique<cuda::TextKernel>("scatter [cuda]", std::move(launches), 0, std::move(in_place)),
          std::move(inputs),
          {offer.result(0)}};
}

}  // namespace

std::span<const ir::Lowering> scatter_cuda_lowerings() {
  static const ir::Lowering table[] = {{"blocks", TargetKind::cuda, ir::any_offer, lower}};
  return table;
}

}  // namespace cornu::ops

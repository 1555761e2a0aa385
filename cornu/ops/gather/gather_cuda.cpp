#include "cornu/backend/cuda/kernel/text_kernel.h"
#include "cornu/ops/axis.h"
#include "cornu/ops/gather/index_cuda.h"

namespace cornu::ops {
namespace {

using cuda::Argument;

// A row of the result is one of x, or the pattern of what is missing. Neighbouring threads move neighbouring units.
constexpr const char* kLibrary = R"cuda(
namespace cornu::kernel {

template <class Count, class Index, int depth>
inline void gather(const char* x, const char* indices, char* out, int64_t outer, int64_t extent, int64_t count, int64_t bytes,
                   bool clips, uint64_t missing, const int64_t (&dims)[depth]) {
  with_unit(uint64_t(x) | uint64_t(out) | uint64_t(bytes), [&]<class Unit>(Unit) {
    const Count width = bytes / int64_t(sizeof(Unit)), rows = outer * count, per = count;
    const Unit* from = reinterpret_cast<const Unit*>(x);
    Unit* to = reinterpret_cast<Unit*>(out);
    for (Count i = Count(blockIdx.x) * blockDim.x + threadIdx.x; i < rows * width; i += Count(gridDim.x) * blockDim.x) {
      const Count row = i / width, before = row / per;
      const Index* index = reinterpret_cast<const Index*>(indices) + int64_t(row - before * per) * depth;
      const int64_t at = resolved<Index, depth>(index, dims, clips);
      to[i] = at < 0 ? filled<Unit>(missing) : from[(before * extent + at) * width + (i - row * width)];
    }
  });
}

}  // namespace cornu::kernel
)cuda";

ir::Lowered lower(const ir::Offer& offer, int, const ir::LoweringContext& context) {
  const ir::Node& node = offer.anchor;
  const auto& a = node.attributes<GatherAttributes>();
  const Shape& shape = node.operand(0).shape();
  const DType dtype = node.specs()[0].dtype, index = node.operand(1).dtype();
  const AxisSplit split = split_at(shape, a.axis, a.depth);
  const int64_t count = node.operand(1).shape().elements() / a.depth, bytes = split.inner * dtype.size(),
                total = split.outer * count * bytes;
  const std::string counter = cuda::counter_for(total), name = fmt::format("gather_{}_{}_{}", a.depth, index.name(), counter);
  std::vector<Argument> arguments{Argument::operand(0),
                                  Argument::operand(1),
                                  Argument::operand(2),
                                  Argument::number(split.outer),
                                  Argument::number(split.extent),
                                  Argument::number(count),
                                  Argument::number(bytes),
                                  Argument::number(a.out_of_range == OutOfRange::clip),
                                  Argument::number(a.out_of_range == OutOfRange::fill ? fill_pattern(dtype) : 0)};
  for (const int64_t dim : indexed_dims(shape, a.axis, a.depth)) arguments.push_back(Argument::number(dim));
  const std::string text = fmt::format(
      R"cuda(
extern "C" __global__ void __launch_bounds__(256) {0}(const char* x, const char* indices, char* out, int64_t outer, int64_t extent,
    int64_t count, int64_t bytes, int64_t clips, uint64_t missing{1}) {{
  const int64_t dims[] = {{{2}}};
  cornu::kernel::gather<{3}, {4}, {5}>(x, indices, out, outer, extent, count, bytes, clips != 0, missing, dims);
}}
)cuda",
      name, cuda::parameter_list("dim", a.depth), cuda::name_list("dim", a.depth), counter, codegen::cuda_type(index), a.depth);
  auto kernel = std::make_unique<cuda::TextKernel>(
      "gather [cuda]",
      std::vector<cuda::TextLaunch>{
          {{name, {kIndexLibrary, kLibrary}, text}, cuda::grid_for(total / 16, context.target), std::move(arguments)}});
  return {std::move(kernel), ir::offered_inputs(offer, 0), {offer.result(0)}};
}

}  // namespace

std::span<const ir::Lowering> gather_cuda_lowerings() {
  static const ir::Lowering table[] = {{"rows", TargetKind::cuda, ir::any_offer, lower}};
  return table;
}

}  // namespace cornu::ops

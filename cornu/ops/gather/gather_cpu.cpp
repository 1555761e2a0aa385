#include <cstring>

#include "cornu/ir/lowering.h"
#include "cornu/ops/axis.h"
#include "cornu/ops/gather/gather.h"
#include "cornu/ops/gather/index.h"
#include "cornu/ops/parallel.h"

namespace cornu::ops {
namespace {

struct Plan {
  GatherAttributes a;
  AxisSplit split;
  std::vector<int64_t> dims;
  int64_t count;                   // indices
  std::vector<std::byte> missing;  // a row of what out of range reads
};

Plan plan_of(const ir::Node& node) {
  const auto& a = node.attributes<GatherAttributes>();
  const Shape& shape = node.operand(0).shape();
  Plan out{a,
           split_at(shape, a.axis, a.depth),
           indexed_dims(shape, a.axis, a.depth),
           node.operand(1).shape().elements() / a.depth,
           {}};
  dispatch(node.specs()[0].dtype, [&]<class T>(T) {
    out.missing.resize(out.split.inner * sizeof(T));
    if (a.out_of_range == OutOfRange::fill)
      std::fill_n(reinterpret_cast<T*>(out.missing.data()), out.split.inner, fill_value<T>());
  });
  return out;
}

// Rows of `kBytes` bytes, or of as many as the plan says when it is 0.
template <class Index, std::size_t kBytes>
void run(const Plan& p, const ir::KernelCall& call) {
  const auto* from = call.operand<const std::byte>(0);
  const auto* indices = call.operand<const Index>(1);
  auto* to = call.operand<std::byte>(2);
  const std::size_t bytes = kBytes ? kBytes : p.missing.size();
  const int64_t rows = bytes == 0 ? 0 : p.split.outer * p.count;
  parallel_blocks(call.threads, rows, rows * int64_t(1 + bytes / 4), [&](int64_t begin, int64_t end) {
    int64_t outer = begin / p.count, i = begin % p.count;
    for (int64_t row = begin; row < end; ++row, ++i) {
      if (i == p.count) {
        i = 0;
        ++outer;
      }
      const int64_t at = p.a.depth == 1 ? resolve_index(int64_t(indices[i]), p.dims[0], p.a.out_of_range)
                                        : resolve_index(indices + i * p.a.depth, p.dims, p.a.out_of_range);
      const std::byte* source = at == kNowhere ? p.missing.data() : from + (outer * p.split.extent + at) * bytes;
      std::memcpy(to + row * bytes, source, kBytes ? kBytes : bytes);
    }
  });
}

template <class Index>
void run(const Plan& p, const ir::KernelCall& call) {
  switch (p.missing.size()) {
    case 1: return run<Index, 1>(p, call);
    case 2: return run<Index, 2>(p, call);
    case 4: return run<Index, 4>(p, call);
    case 8: return run<Index, 8>(p, call);
    case 16: return run<Index, 16>(p, call);
    default: return run<Index, 0>(p, call);
  }
}

ir::Lowered lower(const ir::Offer& offer, int, const ir::LoweringContext&) {
  auto kernel = ir::function_kernel(
      "gather [rows]", [plan = plan_of(offer.anchor), index = offer.anchor.operand(1).dtype()](const ir::KernelCall& call) {
        dispatch_index(index, [&]<class Index>(Index) { run<Index>(plan, call); });
      });
  return {std::move(kernel), ir::offered_inputs(offer, 0), {offer.result(0)}};
}

}  // namespace

std::span<const ir::Lowering> gather_cpu_lowerings() {
  static const ir::Lowering all[] = {{"rows", TargetKind::cpu, ir::any_offer, lower}};
  return all;
}

}  // namespace cornu::ops

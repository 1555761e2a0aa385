#include "cornu/ir/lowering.h"
#include "cornu/ops/gather/index.h"
#include "cornu/ops/one_hot/one_hot.h"

namespace cornu::ops {
namespace {

// One thread, in order: the index that is reported is the first, and a batch of indices is small.
ir::Lowered lower(const ir::Offer& offer, int, const ir::LoweringContext&) {
  const ir::Spec spec = offer.anchor.specs()[0];
  auto run = [a = offer.anchor.attributes<CheckIndexAttributes>(), spec](const ir::KernelCall& call) {
    dispatch_index(spec.dtype, [&]<class Index>(Index) {
      const Index* from = call.operand<const Index>(0);
      Index* to = call.operand<Index>(1);
      for (int64_t i = 0; i < spec.shape.elements(); ++i) {
        const int64_t index = from[i], inside = std::clamp<int64_t>(index, 0, a.limit - 1);
        const bool wrong = index != inside && a.ignore != index;
        if (wrong) call.status->set(ir::StatusWord::index_out_of_range, a.by, index, a.limit);
        to[i] = static_cast<Index>(wrong ? inside : index);
      }
    });
  };
  return {ir::function_kernel("check_index [scan]", run), ir::offered_inputs(offer, 0), {offer.result(0)}};
}

}  // namespace

std::span<const ir::Lowering> check_index_cpu_lowerings() {
  static const ir::Lowering all[] = {{"scan", TargetKind::cpu, ir::any_offer, lower}};
  return all;
}

}  // namespace cornu::ops

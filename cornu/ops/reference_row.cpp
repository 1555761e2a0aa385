#include "cornu/ops/reference_row.h"

namespace cornu::ops {

ir::Lowering reference_row(TargetKind target) {
  return {"reference", target, [](const ir::Offer&, const Target&) { return ir::Answer(); },
          [](const ir::Offer& offer, int, const ir::LoweringContext&) { return ir::reference_lowering(offer.anchor); }};
}

}  // namespace cornu::ops

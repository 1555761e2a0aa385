#pragma once

#include "cornu/ir/lowering.h"

namespace cornu::ops {

// The last row of a table of lowerings: what the rows above refuse is meant to be computed by the record's reference.
ir::Lowering reference_row(TargetKind target);

}  // namespace cornu::ops

#pragma once

#include <optional>

#include "cornu/ir/view.h"

namespace cornu::passes {

// A cast to a wider dtype is not stored for kernel programs: each that reads it casts again, from less memory. Of a read of a value of
// this shape: that of the cast's operand, if it reads such a cast.
std::optional<ir::ResolvedView> narrower(const ir::ResolvedView& read, const Shape& shape);

}  // namespace cornu::passes

#pragma once

#include <span>

#include "cornu/ir/op.h"

namespace cornu::ops {

// Every op there is, leaves aside. The list is explicit: an object that registers itself is dropped by the linker of a
// static library.
std::span<const ir::OpDef* const> all_ops();

}  // namespace cornu::ops

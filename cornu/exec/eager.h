#pragma once

#include <span>

#include "cornu/device/array.h"
#include "cornu/ir/node.h"

namespace cornu::exec {

// The memory of a value that needs no computing: a data leaf, or the result of an earlier evaluation. Null otherwise.
std::shared_ptr<devices::Array> array_of(const ir::Value& value);

// Computes values now, in one program; afterwards array_of answers for each. Numbers in the graph become inputs, so that a loop
// over numbers compiles once. Throws RuntimeError when a value depends on a parameter of a trace.
void evaluate(std::span<const ir::Value> values);

}  // namespace cornu::exec

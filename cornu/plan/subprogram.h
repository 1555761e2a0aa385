#pragma once

#include "cornu/plan/program.h"

namespace cornu::plan {

// A loop's or branch's body as a program of its own, run by a host segment.
std::shared_ptr<const ir::SubProgram> compile_body(const ir::Graph& body, const Target& target, const std::string& name);

}  // namespace cornu::plan

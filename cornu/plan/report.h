#pragma once

#include "cornu/plan/program.h"

namespace cornu::plan {

// What a program takes of a card's memory, to the byte as the allocator counts it. The card need not be here. CUDA's own context and
// libraries are not in it.
struct MemoryReport {
  int64_t variables = 0, constants = 0, inputs = 0, results = 0, scratch = 0, kernels = 0;
  int64_t total() const { return variables + constants + inputs + results + scratch + kernels; }
};

// A step as it would run there. The time is an estimate: what it reads and writes, or its products, at the card's peak.
struct StepReport {
  std::string kernel;
  ir::KernelReport report;
  int64_t bytes = 0;
  double seconds = 0;
  bool is_on_host = false;
};

struct CORNU_API ProgramReport {
  MemoryReport memory;
  std::vector<StepReport> steps;
  double seconds() const;
};
// The memory alone, which compiles nothing.
MemoryReport memory_of(const Program& program);
// Compiles the kernels of the program, and keeps them where a first run looks for them.
ProgramReport report(const Program& program, const Target& target);

}  // namespace cornu::plan

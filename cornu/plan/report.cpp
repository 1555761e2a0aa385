#include "cornu/plan/report.h"

#include <algorithm>
#include <numeric>

#include "cornu/device/allocator.h"
#include "cornu/plan/compile_kernels.h"
#include "cornu/plan/exchange.h"
#include "cornu/plan/memory.h"

namespace cornu::plan {
namespace {

// What no kernel is faster than: a node of a recorded graph (bench/results/h100-driver.json).
constexpr double kLaunch = 1e-6;

// A piece of the allocator's; what has no elements has an address all the same.
int64_t piece(int64_t bytes) { return aligned(std::max<int64_t>(bytes, 1), devices::Allocator::kAlignment); }

int64_t pieces(const std::vector<ir::Spec>& specs) {
  return std::accumulate(specs.begin(), specs.end(), int64_t{0},
                         [](int64_t sum, const ir::Spec& spec) { return sum + piece(ir::bytes_of(spec)); });
}

StepReport told(const Step& step, const ir::KernelReport& kernel, const Target& target) {
  StepReport out{.kernel = step.kernel->describe(),
                 .report = kernel,
                 .bytes = std::accumulate(step.bytes.begin(), step.bytes.end(), int64_t{0}),
                 .is_on_host = step.kernel->kind() == TargetKind::cpu};
  if (target.cuda.peak_memory_gb_s > 0)
    out.seconds = std::max({kLaunch, double(out.bytes) / (1e9 * target.cuda.peak_memory_gb_s), kernel.seconds});
  return out;
}

}  // namespace

MemoryReport memory_of(const Program& program) {
  const Exchange exchange(program);
  MemoryReport out{.variables = pieces(program.variables),
                   .constants = pieces(program.captures),
                   .inputs = static_cast<int64_t>(exchange.status) * (exchange.is_staged() ? 2 : 1),
                   .results = static_cast<int64_t>(exchange.bytes - exchange.status),
                   .scratch = piece(program.scratch_bytes) + piece(program.kept_bytes)};
  for (const Step& step : program.steps)
    if (const int64_t held = step.kernel->held_bytes(); held > 0) out.kernels += piece(held);
  return out;
}

double ProgramReport::seconds() const {
  return std::accumulate(steps.begin(), steps.end(), 0.0, [](double sum, const StepReport& step) { return sum + step.seconds; });
}

ProgramReport report(const Program& program, const Target& target) {
  compile_kernels(program);
  ProgramReport out{.memory = memory_of(program)};
  for (const Step& step : program.steps) out.steps.push_back(told(step, step.kernel->report(target), target));
  return out;
}

}  // namespace cornu::plan

#include "cornu/backend/cuda/autotune.h"

#include <algorithm>
#include <limits>

#include "cornu/base/environment.h"
#include "cornu/base/log.h"

namespace cornu::cuda {
namespace {

constexpr int kRuns = 3;

// Of the best of a few runs behind one that warms up.
double microseconds_of(const std::function<void()>& run, const Runtime& runtime) {
  Event before(runtime.gpu(), Event::Timing::on), after(runtime.gpu(), Event::Timing::on);
  double best = std::numeric_limits<double>::infinity();
  run();
  for (int i = 0; i < kRuns; ++i) {
    before.record(runtime.stream());
    run();
    after.record(runtime.stream());
    after.wait();
    best = std::min(best, after.microseconds_since(before));
  }
  return best;
}

}  // namespace

bool is_autotuning(const Numerics& numerics) { return !numerics.is_deterministic && environment("CORNU_AUTOTUNE") == "1"; }

std::optional<std::size_t> fastest_of(std::size_t count, const Trial& trial, Runtime& runtime) {
  std::vector<devices::Allocator::Piece> pieces;
  std::vector<CUdeviceptr> operands;
  try {
    for (const std::size_t bytes : trial.operands)
      operands.push_back(pieces.emplace_back(runtime.memory().allocate(bytes, "a trial")).address());
    pieces.push_back(runtime.memory().allocate(trial.workspace, "a trial"));
  } catch (const ResourceExhaustedError& full) {
    log::debug("nothing is tried: {}", full.what());
    return std::nullopt;
  }
  std::optional<std::size_t> fastest;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t which = 0; which < count; ++which) try {
      const double time = microseconds_of([&] { trial.run(which, operands, pieces.back().address()); }, runtime);
      if (time < least) least = time, fastest = which;
    } catch (const DeviceError& refusal) {
      log::debug("what was tried does not run: {}", refusal.what());
    }
  return fastest;
}

}  // namespace cornu::cuda

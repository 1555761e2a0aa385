#include <array>

#include "cornu/ir/lowering.h"
#include "cornu/ops/cumulative/step.h"
#include "cornu/ops/parallel.h"

namespace cornu::ops {
namespace {

// Lines that are walked together: their accumulators stay in L1.
constexpr int64_t kTogether = 256;

template <class Step, class T>
void run(const AxisSplit& split, bool reverse, const ir::KernelCall& call) {
  const T *x = call.operand<const T>(Step::kOperands - 1), *a = call.operand<const T>(0);
  T* out = call.operand<T>(Step::kOperands);
  const int64_t lines = split.outer * split.inner;
  parallel_blocks(call.threads, lines, lines * split.extent, [=](int64_t begin, int64_t end) {
    std::array<accumulator_of<T>, kTogether> y;
    while (begin < end) {
      const int64_t count = std::min({kTogether, end - begin, split.inner - begin % split.inner});
      accumulate<Step>(split, reverse, begin, count, x, a, out, y.data());
      begin += count;
    }
  });
}

template <class Step>
ir::Lowered lower(const ir::Offer& offer, int, const ir::LoweringContext&) {
  const auto& a = offer.anchor.attributes<CumulativeAttributes>();
  const ir::Spec spec = offer.anchor.specs()[0];
  auto kernel = [split = split_at(spec.shape, a.axis), reverse = a.reverse, dtype = spec.dtype](const ir::KernelCall& call) {
    dispatch(dtype, [&]<class T>(T) {
      if constexpr (!std::is_same_v<T, bool>) run<Step, T>(split, reverse, call);
    });
  };
  return {ir::function_kernel(std::string(offer.anchor.op().name) + " [lines]", kernel),
          ir::offered_inputs(offer, 0),
          {offer.result(0)}};
}

template <class Step>
std::span<const ir::Lowering> lowerings() {
  static const ir::Lowering all[] = {{"lines", TargetKind::cpu, ir::any_offer, lower<Step>}};
  return all;
}

}  // namespace

std::span<const ir::Lowering> cumsum_cpu_lowerings() { return lowerings<SumStep>(); }
std::span<const ir::Lowering> cumprod_cpu_lowerings() { return lowerings<ProductStep>(); }
std::span<const ir::Lowering> linear_recurrence_cpu_lowerings() { return lowerings<RecurrenceStep>(); }

}  // namespace cornu::ops

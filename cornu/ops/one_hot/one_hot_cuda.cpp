#include "cornu/backend/cuda/kernel/text_kernel.h"
#include "cornu/codegen/cuda_text.h"
#include "cornu/ir/card_status.h"
#include "cornu/ops/one_hot/one_hot.h"

namespace cornu::ops {
namespace {

using cuda::Argument;

// One block: the index that is reported is the first, and a batch of indices is small.
constexpr const char* kLibrary = R"cuda(
namespace cornu::kernel {

template <class Index>
inline void check_index(int64_t* shared, const char* x, char* out, int64_t count, int64_t limit, bool ignores, int64_t ignored, uint64_t checker,
                        uint64_t status) {
  const Index* from = reinterpret_cast<const Index*>(x);
  int64_t first = count;
  for (int64_t i = threadIdx.x; i < count; i += blockDim.x) {
    const int64_t index = from[i], inside = index < 0 ? 0 : index >= limit ? limit - 1 : index;
    const bool is_wrong = index != inside && !(ignores && index == ignored);
    if (is_wrong && i < first) first = i;
    reinterpret_cast<Index*>(out)[i] = is_wrong ? inside : index;
  }
  first = across_block<Min<int64_t>>(first, shared);
  if (threadIdx.x != 0 || first == count || status == 0 || is_stopped(status)) return;
  *reinterpret_cast<Status*>(status) = {kIndexOutOfRange, uint32_t(checker), from[first], limit};
}

}  // namespace cornu::kernel
)cuda";

static_assert(ir::StatusWord::index_out_of_range == 1, "the prologue says so too");

ir::Lowered lower(const ir::Offer& offer, int, const ir::LoweringContext&) {
  const ir::Spec spec = offer.anchor.specs()[0];
  const auto& a = offer.anchor.attributes<CheckIndexAttributes>();
  const int64_t count = spec.shape.elements();
  const std::string name = fmt::format("check_index_{}", spec.dtype.name());
  std::string text = fmt::format(
      R"cuda(
extern "C" __global__ void __launch_bounds__(1024) {}(const char* x, char* out, int64_t count, int64_t limit, int64_t ignores,
    int64_t ignored, uint64_t checker, uint64_t status) {{
  __shared__ int64_t shared[32];
  cornu::kernel::check_index<{}>(shared, x, out, count, limit, ignores != 0, ignored, checker, status);
}}
)cuda",
      name, codegen::cuda_type(spec.dtype));
  std::vector<cuda::TextLaunch> launches;
  launches.push_back({{name, {kLibrary}, std::move(text)},
                      {1, static_cast<unsigned>(std::clamp<int64_t>((count + 31) / 32 * 32, 32, 1024))},
                      {Argument::operand(0), Argument::operand(1), Argument::number(count), Argument::number(a.limit),
                       Argument::number(a.ignore.has_value()), Argument::number(a.ignore.value_or(0)),
                       Argument::number(ir::number_of_checker(a.by)), Argument::status()}});
  return {std::make_unique<cuda::TextKernel>("check_index [cuda]", std::move(launches)),
          ir::offered_inputs(offer, 0),
          {offer.result(0)}};
}

}  // namespace

std::span<const ir::Lowering> check_index_cuda_lowerings() {
  static const ir::Lowering table[] = {{"block", TargetKind::cuda, ir::any_offer, lower}};
  return table;
}

}  // namespace cornu::ops

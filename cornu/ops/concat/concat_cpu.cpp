#include <cstring>

#include "cornu/ir/lowering.h"
#include "cornu/ops/axis.h"
#include "cornu/ops/concat/concat.h"
#include "cornu/ops/parallel.h"

namespace cornu::ops {
namespace {

// A row of the result is a segment of each operand in turn. A block of bytes of the result may begin and end within a segment.
struct Rows {
  std::vector<int64_t> ends;  // of each segment within a row, in bytes
  int64_t count, bytes;

  void copy(const ir::KernelCall& call, int64_t begin, int64_t end) const {
    auto* to = call.operand<std::byte>(int(ends.size()));
    int64_t row = begin / bytes, within = begin % bytes;
    std::size_t segment = std::upper_bound(ends.begin(), ends.end(), within) - ends.begin();
    for (int64_t at = begin; at < end;) {
      const int64_t start = segment == 0 ? 0 : ends[segment - 1], length = ends[segment] - start;
      const int64_t n = std::min(ends[segment] - within, end - at);
      std::memcpy(to + at, call.operand<const std::byte>(int(segment)) + row * length + (within - start), n);
      at += n;
      within += n;
      while (segment < ends.size() && within >= ends[segment]) ++segment;
      if (segment < ends.size()) continue;
      ++row;
      segment = std::upper_bound(ends.begin(), ends.end(), int64_t(0)) - ends.begin();
      within = 0;
    }
  }
};

Rows rows_of(const ir::Node& node) {
  const ir::Spec& spec = node.specs()[0];
  Rows out{{}, split_at(spec.shape, node.attributes<ConcatAttributes>().axis).outer, 0};
  for (const Value& v : node.operands()) {
    out.bytes += v.shape().elements() / std::max<int64_t>(out.count, 1) * spec.dtype.size();
    out.ends.push_back(out.bytes);
  }
  return out;
}

ir::Lowered lower(const ir::Offer& offer, int, const ir::LoweringContext&) {
  auto run = [rows = rows_of(offer.anchor)](const ir::KernelCall& call) {
    const int64_t bytes = rows.count * rows.bytes;
    parallel_blocks(call.threads, bytes, bytes / 4, [&](int64_t begin, int64_t end) { rows.copy(call, begin, end); });
  };
  return {ir::function_kernel("concat [copy]", run), ir::offered_inputs(offer, 0), {offer.result(0)}};
}

}  // namespace

std::span<const ir::Lowering> concat_cpu_lowerings() {
  static const ir::Lowering all[] = {{"copy", TargetKind::cpu, ir::any_offer, lower}};
  return all;
}

}  // namespace cornu::ops

#include <algorithm>

#include "cornu/ir/lowering.h"
#include "cornu/ops/axis.h"
#include "cornu/ops/parallel.h"
#include "cornu/ops/sort/order.h"
#include "cornu/ops/sort/sort.h"

namespace cornu::ops {
namespace {

struct Plan {
  SortAttributes a;
  AxisSplit split;
  int64_t kept;
  DType dtype;
};

Plan plan_of(const ir::Node& node) {
  const auto& a = node.attributes<SortAttributes>();
  return {a, split_at(node.operand(0).shape(), a.axis), node.specs()[0].shape[a.axis], node.specs()[0].dtype};
}

template <class T>
struct Entry {
  T value;
  int32_t index;
};

// Lines are copied out and sorted by value, then by index: that is stable, and needs no memory beside the line.
template <class T, class Before>
void sort_lines(const Plan& p, Before comes_before, const ir::KernelCall& call) {
  const auto [outer, extent, inner] = p.split;
  const T* from = call.operand<const T>(0);
  T* values = call.operand<T>(1);
  int32_t* indices = call.operand<int32_t>(2);
  const auto less = [=](const Entry<T>& a, const Entry<T>& b) {
    return comes_before(a.value, b.value) || (!comes_before(b.value, a.value) && a.index < b.index);
  };
  const int64_t n = extent, width = inner, kept = p.kept, lines = n == 0 ? 0 : outer * inner;
  parallel_blocks(call.threads, lines, lines * n * 8, [=](int64_t begin, int64_t end) {
    std::vector<Entry<T>> entries(n);
    for (int64_t line = begin; line < end; ++line) {
      const T* source = from + line / width * n * width + line % width;
      for (int64_t i = 0; i < n; ++i) entries[i] = {source[i * width], int32_t(i)};
      if (kept == n) std::sort(entries.begin(), entries.end(), less);
      else std::partial_sort(entries.begin(), entries.begin() + kept, entries.end(), less);
      int64_t to = line / width * kept * width + line % width;
      for (int64_t i = 0; i < kept; ++i, to += width) {
        values[to] = entries[i].value;
        indices[to] = entries[i].index;
      }
    }
  });
}

ir::Lowered lower(const ir::Offer& offer, int, const ir::LoweringContext&) {
  auto run = [p = plan_of(offer.anchor)](const ir::KernelCall& call) {
    dispatch(p.dtype, [&]<class T>(T) {
      with_order<T>(p.a.descending, [&](auto comes_before) { sort_lines<T>(p, comes_before, call); });
    });
  };
  const ir::Value values = offer.result(0);
  return {ir::function_kernel("sort [lines]", run), ir::offered_inputs(offer, 0), {values, ir::Value(&values.node(), 1)}};
}

}  // namespace

std::span<const ir::Lowering> sort_cpu_lowerings() {
  static const ir::Lowering all[] = {{"lines", TargetKind::cpu, ir::any_offer, lower}};
  return all;
}

}  // namespace cornu::ops

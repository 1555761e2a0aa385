#include <cstring>

#include "cornu/ir/lowering.h"
#include "cornu/ops/axis.h"
#include "cornu/ops/gather/gather.h"
#include "cornu/ops/gather/index.h"
#include "cornu/ops/parallel.h"

namespace cornu::ops {
namespace {

// x is (outer, extent, inner), the indices are (outer, count, inner).
struct Plan {
  AxisSplit split;
  int64_t count;
  DType dtype, index;
};

Plan plan_of(const ir::Node& node) {
  const int axis = node.attributes<AlongAxisAttributes>().axis;
  return {split_at(node.operand(0).shape(), axis), node.operand(1).shape()[axis], node.specs()[0].dtype, node.operand(1).dtype()};
}

// Only the size of an element matters to a copy.
template <class F>
void dispatch_size(DType dtype, F&& f) {
  switch (dtype.size()) {
    case 1: return f(uint8_t{});
    case 2: return f(uint16_t{});
    case 4: return f(uint32_t{});
    default: return f(uint64_t{});
  }
}

template <class T, class Index>
void take(const Plan& p, T missing, const ir::KernelCall& call) {
  const auto [outer, extent, inner] = p.split;
  const T* from = call.operand<const T>(0);
  const Index* indices = call.operand<const Index>(1);
  T* to = call.operand<T>(2);
  const int64_t rows = outer * p.count, n = extent, width = inner, count = p.count;
  parallel_blocks(call.threads, rows, 2 * rows * width, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T* base = from + row / count * n * width;
      for (int64_t i = 0; i < width; ++i) {
        const int64_t at = resolve_index(int64_t(indices[row * width + i]), n, OutOfRange::fill);
        to[row * width + i] = at == kNowhere ? missing : base[at * width + i];
      }
    }
  });
}

// Blocks are of lines along the axis, so that each place has one writer.
template <class T, class Index>
void add(const Plan& p, const ir::KernelCall& call) {
  const auto [outer, extent, inner] = p.split;
  const T *base = call.operand<const T>(0), *updates = call.operand<const T>(2);
  const Index* indices = call.operand<const Index>(1);
  T* to = call.operand<T>(3);
  const int64_t n = extent, width = inner, count = p.count, lines = outer * inner;
  parallel_blocks(call.threads, lines, lines * (n + 2 * count), [=](int64_t begin, int64_t end) {
    while (begin < end) {
      const int64_t at = begin / width, first = begin % width, last = std::min(width, first + end - begin);
      const int64_t start = at * n * width;
      for (int64_t k = 0; k < n; ++k)
        std::copy(base + start + k * width + first, base + start + k * width + last, to + start + k * width + first);
      for (int64_t k = at * count; k < (at + 1) * count; ++k)
        for (int64_t i = first; i < last; ++i) {
          const int64_t place = resolve_index(int64_t(indices[k * width + i]), n, OutOfRange::fill);
          T& sum = to[start + std::max<int64_t>(place, 0) * width + i];
          if (place != kNowhere) sum = static_cast<T>(sum + updates[k * width + i]);
        }
      begin += last - first;
    }
  });
}

ir::Lowered lower_take(const ir::Offer& offer, int, const ir::LoweringContext&) {
  auto run = [p = plan_of(offer.anchor)](const ir::KernelCall& call) {
    dispatch_size(p.dtype, [&]<class T>(T missing) {
      dispatch(p.dtype, [&]<class E>(E) {
        const E fill = fill_value<E>();
        std::memcpy(&missing, &fill, std::min(sizeof(T), sizeof(E)));
      });
      dispatch_index(p.index, [&]<class Index>(Index) { take<T, Index>(p, missing, call); });
    });
  };
  return {ir::function_kernel("take_along_axis [elements]", run), ir::offered_inputs(offer, 0), {offer.result(0)}};
}

ir::Lowered lower_add(const ir::Offer& offer, int, const ir::LoweringContext&) {
  auto run = [p = plan_of(offer.anchor)](const ir::KernelCall& call) {
    dispatch(p.dtype, [&]<class T>(T) { dispatch_index(p.index, [&]<class Index>(Index) { add<T, Index>(p, call); }); });
  };
  return {ir::function_kernel("add_along_axis [lines]", run), ir::offered_inputs(offer, 0), {offer.result(0)}};
}

}  // namespace

std::span<const ir::Lowering> take_along_axis_cpu_lowerings() {
  static const ir::Lowering all[] = {{"elements", TargetKind::cpu, ir::any_offer, lower_take}};
  return all;
}

std::span<const ir::Lowering> add_along_axis_cpu_lowerings() {
  static const ir::Lowering all[] = {{"lines", TargetKind::cpu, ir::any_offer, lower_add}};
  return all;
}

}  // namespace cornu::ops

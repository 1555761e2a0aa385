#include <bit>
#include <cstring>

#include "cornu/ir/leaf.h"
#include "cornu/ir/lowering.h"
#include "cornu/ops/axis.h"
#include "cornu/ops/gather/index.h"
#include "cornu/ops/parallel.h"
#include "cornu/ops/scatter/reduction.h"

namespace cornu::ops {
namespace {

// A block of the result that one thread writes: rows [first_row, last_row) of all outer * extent, and of these the columns
// [first, last). It walks all indices and takes those that fall into it, so the order of additions does not depend on blocks.
struct Block {
  int64_t first_row, last_row, first, last;
};

constexpr int64_t kResolvedAtOnce = 256;

class ScatterKernel final : public ir::Kernel {
 public:
  explicit ScatterKernel(const ir::Node& node)
      : a_(node.attributes<ScatterAttributes>()),
        split_(split_at(node.specs()[0].shape, a_.axis, a_.depth)),
        dims_(indexed_dims(node.specs()[0].shape, a_.axis, a_.depth)),
        count_(node.operand(1).shape().elements() / a_.depth),
        dtype_(node.specs()[0].dtype),
        index_(node.operand(1).dtype()) {
    if (ir::is_constant(node.operand(0))) {
      element_.emplace(dtype_.size());
      const ir::HostOperand one{{dtype_, {}}, element_->data()};
      auto filling = node.operand(0)->attributes<ir::ConstantAttributes>();
      filling.shape = {};
      ir::constant_op.reference(ir::Attributes::of(filling), {}, std::span(&one, 1));
    }
  }

  // A base that is one number is filled in here: it never lies in memory.
  bool fills() const { return element_.has_value(); }
  std::string describe() const override { return "scatter [blocks]"; }
  std::vector<std::pair<int, int>> in_place() const override {
    return fills() ? std::vector<std::pair<int, int>>() : std::vector<std::pair<int, int>>{{0, 0}};
  }

  void run(const ir::KernelCall& call) const override {
    dispatch(dtype_,
             [&]<class T>(T) { dispatch_reduction(a_.reduction, [&](auto reduction) { run<T, reduction.value>(call); }); });
  }

 private:
  template <class T, ScatterReduction kReduction>
  void run(const ir::KernelCall& call) const {
    const int64_t rows = split_.outer * split_.extent;
    if (rows * split_.inner == 0) return;
    const int64_t work = rows * split_.inner + split_.outer * count_ * (split_.inner + 1);
    const int64_t line = 64 / int64_t(sizeof(T)), lines = (split_.inner + line - 1) / line;
    // Columns share the work evenly whatever the indices are; rows do where there are no columns to share.
    if (lines >= call.threads)
      parallel_blocks(call.threads, lines, work, [&](int64_t begin, int64_t end) {
        write<T, kReduction>(call, {0, rows, begin * line, std::min(split_.inner, end * line)});
      });
    else
      parallel_blocks(call.threads, rows, work, [&](int64_t begin, int64_t end) {
        write<T, kReduction>(call, {begin, end, 0, split_.inner});
      });
  }

  template <class T, ScatterReduction kReduction>
  void write(const ir::KernelCall& call, const Block& b) const {
    const int offset = fills() ? 0 : 1;
    const T* updates = call.operand<const T>(offset + 1);
    T* out = call.operand<T>(offset + 2);
    start(fills() ? nullptr : call.operand<const T>(0), out, b);
    const int64_t width = split_.inner;
    int64_t places[kResolvedAtOnce];
    for (int64_t outer = b.first_row / split_.extent; outer * split_.extent < b.last_row; ++outer)
      for (int64_t i = 0; i < count_; ++i) {
        if (i % kResolvedAtOnce == 0) resolve(call, i, places);
        const int64_t at = places[i % kResolvedAtOnce], row = outer * split_.extent + at;
        if (at == kNowhere || row < b.first_row || row >= b.last_row) continue;
        T* __restrict to = out + row * width;
        const T* __restrict from = updates + (outer * count_ + i) * width;
        for (int64_t k = b.first; k < b.last; ++k) to[k] = reduced<kReduction>(to[k], from[k]);
      }
  }

  // Where the indices from `first` on lead: apart from the loop over elements, so that this is compiled once for each
  // type of index, and not for each of elements too.
  void resolve(const ir::KernelCall& call, int64_t first, int64_t (&places)[kResolvedAtOnce]) const {
    dispatch_index(index_, [&]<class Index>(Index) {
      const Index* indices = call.operand<const Index>(fills() ? 0 : 1) + first * a_.depth;
      for (int64_t i = 0; i < std::min(kResolvedAtOnce, count_ - first); ++i)
        places[i] = a_.depth == 1 ? resolve_index(int64_t(indices[i]), dims_[0], a_.out_of_range)
                                  : resolve_index(indices + i * a_.depth, dims_, a_.out_of_range);
    });
  }

  template <class T>
  void start(const T* base, T* out, const Block& b) const {
    if (base == out) return;
    const bool whole = b.first == 0 && b.last == split_.inner;
    const int64_t rows = whole ? 1 : b.last_row - b.first_row;
    const int64_t width = whole ? (b.last_row - b.first_row) * split_.inner : b.last - b.first;
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t at = (b.first_row + row) * split_.inner + b.first;
      if (base) std::memcpy(out + at, base + at, width * sizeof(T));
      else std::fill_n(out + at, width, *reinterpret_cast<const T*>(element_->data()));
    }
  }

  ScatterAttributes a_;
  AxisSplit split_;
  std::vector<int64_t> dims_;
  int64_t count_;
  DType dtype_, index_;
  std::optional<std::vector<std::byte>> element_;
};

ir::Lowered lower(const ir::Offer& offer, int, const ir::LoweringContext&) {
  auto kernel = std::make_unique<ScatterKernel>(offer.anchor);
  auto inputs = ir::offered_inputs(offer, 0);
  if (kernel->fills()) inputs.erase(inputs.begin());
  return {std::move(kernel), std::move(inputs), {offer.result(0)}};
}

}  // namespace

std::span<const ir::Lowering> scatter_cpu_lowerings() {
  static const ir::Lowering all[] = {{"blocks", TargetKind::cpu, ir::any_offer, lower}};
  return all;
}

}  // namespace cornu::ops

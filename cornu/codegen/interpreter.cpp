#include "cornu/codegen/interpreter.h"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>

#include "cornu/base/errors.h"
#include "cornu/base/threads.h"
#include "cornu/codegen/interpreter_bind.h"
#include "cornu/codegen/interpreter_tile.h"

namespace cornu::codegen {
namespace {

using namespace ir;

// Elements times instructions for which another thread pays (measured: 20 us of work).
constexpr int64_t kCostOfThread = 256 * 1024;

class InterpretedKernel final : public Kernel {
 public:
  InterpretedKernel(std::shared_ptr<const KernelProgram> program, const std::vector<Launch>& launches, Isa isa)
      : prepared_(codegen::prepare(std::move(program))), key_(prepared_->program->key()), isa_(isa) {
    for (const Launch& launch : launches) {
      segments_.push_back(bind(prepared_, launch, loops_for(isa)));
      Segment& segment = segments_.back();
      first_slot_.push_back(slots_);
      slots_ += segment.slots;
      if (segment.split) scratch_ = std::max(scratch_, segment.partial_bytes);
      pooled_cost_.push_back(total_pooled_);
      if (segment.empty()) continue;
      cost_ += segment.cost();
      if (!segment.split) total_pooled_ += segment.cost();
    }
  }

  std::string describe() const override {
    return fmt::format("kernel program {:016x} (interpreted {}, {} instructions, {} phases{})", key_, to_string(isa_),
                       prepared_->program->code.size(), prepared_->phases.size(),
                       segments_.size() == 1 ? "" : fmt::format(", {} segments", segments_.size()));
  }
  std::size_t scratch_bytes() const override { return static_cast<std::size_t>(scratch_); }
  uint64_t program_key() const override { return key_; }
  std::vector<std::pair<int, int>> in_place() const override;

  void run(const KernelCall& call) const override {
    const int threads =
        omp_in_parallel() ? 1 : static_cast<int>(std::clamp<int64_t>(cost_ / kCostOfThread, 1, std::max(call.threads, 1)));
    if (threads == 1) {
      work(call, 0, 1);
    } else {
#pragma omp parallel num_threads(threads)
      {
        FlushDenormals flush;
        work(call, omp_get_thread_num(), omp_get_num_threads());
      }
    }
    // Only now: every thread has read the uniform inputs, one of which may lie where the result goes.
    for (std::size_t s = 0; s < segments_.size(); ++s)
      if (!segments_[s].empty() && !segments_[s].uniform_stores.steps.empty()) runner(call, s).uniform_stores();
  }

 private:
  TileRunner runner(const KernelCall& call, std::size_t s) const { return {segments_[s], call.operands + first_slot_[s]}; }

  static std::pair<int64_t, int64_t> part(int64_t n, int thread, int threads) {
    return {n * thread / threads, n * (thread + 1) / threads};
  }

  // All segments as one line of work, cut into contiguous parts; then one after another those whose points are too few.
  void work(const KernelCall& call, int thread, int threads) const {
    const auto [from, to] = part(total_pooled_, thread, threads);
    for (std::size_t s = 0; s < segments_.size(); ++s) {
      const Segment& segment = segments_[s];
      if (segment.empty() || segment.split) continue;
      const int64_t blocks = segment.blocks();
      const double each = static_cast<double>(segment.cost()) / static_cast<double>(blocks);
      auto block_at = [&](int64_t cost) {
        return std::clamp<int64_t>(static_cast<int64_t>((static_cast<double>(cost - pooled_cost_[s])) / each + 0.5), 0, blocks);
      };
      const int64_t first = thread == 0 ? 0 : block_at(from), last = thread + 1 == threads ? blocks : block_at(to);
      if (first >= last) continue;
      TileRunner tiles = runner(call, s);
      segment.reduces ? tiles.reduce(first, last) : tiles.pointwise(first, last);
    }
    for (std::size_t s = 0; s < segments_.size(); ++s)
      if (segments_[s].split && !segments_[s].empty()) share_spans(call, s, thread, threads);
  }

  void share_spans(const KernelCall& call, std::size_t s, int thread, int threads) const {
    const Segment& segment = segments_[s];
    const int64_t blocks = segment.blocks();
    TileRunner tiles = runner(call, s);
    auto wait = [&] {
      if (threads == 1) return;
#pragma omp barrier
    };
    const auto [first_task, last_task] = part(blocks * segment.spans, thread, threads);
    const auto [first_block, last_block] = part(blocks, thread, threads);
    for (int phase = 0; phase < static_cast<int>(segment.phases.size()); ++phase) {
      for (int64_t task = first_task; task < last_task; ++task)
        tiles.add_span(phase, task / segment.spans, task % segment.spans, call.scratch);
      wait();
      for (int64_t b = first_block; b < last_block; ++b) tiles.merge_spans(phase, b, call.scratch);
      wait();
    }
    for (int64_t b = first_block; b < last_block; ++b) tiles.finish(b, call.scratch);
    wait();  // the scratch is the next segment's
  }

  std::shared_ptr<const PreparedProgram> prepared_;
  std::vector<Segment> segments_;
  std::vector<int> first_slot_;
  std::vector<int64_t> pooled_cost_;  // of the segments before each
  uint64_t key_;
  Isa isa_;
  int slots_ = 0;
  int64_t scratch_ = 0, cost_ = 0, total_pooled_ = 0;
};

std::vector<std::pair<int, int>> InterpretedKernel::in_place() const {
  std::vector<std::pair<int, int>> out;
  if (prepared_->reduces) return out;
  const auto& operands = prepared_->program->operands;
  auto alike = [](const OperandWalk& a, const OperandWalk& b) {
    return a.offset == b.offset && a.rows.strides == b.rows.strides && a.cols.strides == b.cols.strides;
  };
  for (std::size_t s = 0; s < segments_.size(); ++s) {
    const auto& walks = segments_[s].operands;
    for (std::size_t i = 0; i < walks.size(); ++i)
      for (std::size_t o = 0; o < walks.size(); ++o)
        if (walks[i].slot >= 0 && !operands[i].output && operands[o].output && operands[i].dtype == operands[o].dtype &&
            alike(walks[i], walks[o]))
          out.emplace_back(first_slot_[s] + walks[i].slot, first_slot_[s] + walks[o].slot);
  }
  return out;
}

}  // namespace

std::unique_ptr<Kernel> interpret(std::shared_ptr<const KernelProgram> program, std::vector<Launch> launches, Isa isa) {
  return std::make_unique<InterpretedKernel>(std::move(program), launches, isa);
}

}  // namespace cornu::codegen

#include "cornu/backend/cuda/kernel/generated_kernel.h"

#include <fmt/format.h>

#include "cornu/backend/cuda/kernel/text_kernel.h"
#include "cornu/backend/cuda/library/calls.h"
#include "cornu/codegen/make_kernel.h"

namespace cornu::cuda {

void launch_program(CUfunction kernel, const LaunchPlan& plan, unsigned segments, const Stream& stream,
                    const std::vector<uint64_t>& words, CUdeviceptr table) {
  stream.gpu().make_current();
  int launch = 0;
  for (const codegen::CudaGrid& grid : plan.grids) {
    void* parameters[] = {plan.form.has_table ? &table : static_cast<void*>(const_cast<uint64_t*>(words.data())), &launch,
                          nullptr};
    CORNU_DRIVER_CALL(cuLaunchKernel, kernel, grid.blocks, segments, grid.parts, grid.width, grid.height, 1, 0, stream.handle(),
                      parameters, nullptr);
    ++launch;
  }
}

namespace {

using ir::KernelCall;

// The words of its launch, and the table of them on the card, which is written where an address has changed.
class GeneratedState final : public ir::KernelState {
 public:
  LaunchPlan plan;
  CUfunction function = nullptr;
  std::vector<uint64_t> words;
  devices::Allocator::Piece table;
};

class GeneratedKernel final : public ir::Kernel {
 public:
  GeneratedKernel(std::shared_ptr<const ir::KernelProgram> program, std::vector<ir::Launch> segments, const CudaProperties& card)
      : program_(std::move(program)), segments_(std::move(segments)), card_(card) {
    for (const auto& operand : program_->operands) memories_ += operand.access != ir::Access::index;
    expected_ = plan_for(std::vector<uint64_t>(segments_.size() * static_cast<std::size_t>(memories_)));
  }

  TargetKind kind() const override { return TargetKind::cuda; }
  std::string describe() const override {
    return fmt::format("{} ({} instructions{}{})", codegen::cuda_name(*program_, expected_.form), program_->code.size(),
                       segments_.size() > 1 ? fmt::format(", {} segments", segments_.size()) : "",
                       expected_.grids.size() > 1 ? fmt::format(", {} launches", expected_.grids.size()) : "");
  }
  uint64_t program_key() const override { return program_->key(); }
  std::unique_ptr<ir::KernelState> make_state() const override { return std::make_unique<GeneratedState>(); }

  // A point is read before it is written, by the same thread: without reductions an output may lie where an input is walked alike.
  std::vector<std::pair<int, int>> in_place() const override {
    std::vector<std::pair<int, int>> pairs;
    if (program_->reduces()) return pairs;
    const auto& operands = program_->operands;
    const auto alike = [](const ir::LaunchOperand& a, const ir::LaunchOperand& b) {
      return a.offset == b.offset && a.strides == b.strides;
    };
    for (std::size_t s = 0; s < segments_.size(); ++s) {
      int in = static_cast<int>(s) * memories_;
      for (std::size_t i = 0; i < operands.size(); ++i) {
        if (operands[i].access == ir::Access::index) continue;
        int out = static_cast<int>(s) * memories_;
        for (std::size_t o = 0; o < operands.size(); ++o) {
          if (operands[o].access == ir::Access::index) continue;
          if (!operands[i].output && operands[o].output && operands[i].dtype == operands[o].dtype &&
              alike(segments_[s].operands[i], segments_[s].operands[o]))
            pairs.emplace_back(in, out);
          ++out;
        }
        ++in;
      }
    }
    return pairs;
  }

  std::size_t scratch_bytes() const override {
    std::size_t bytes = 0;
    for (const ir::Launch& segment : segments_) bytes += scratch_of(segment, expected_);
    return bytes;
  }
  int64_t held_bytes() const override {
    const codegen::CudaMemory nowhere{std::vector<uint64_t>(static_cast<std::size_t>(memories_))};
    const auto of_segment = codegen::cuda_words(*program_, segments_.front(), 1, nowhere).size() * sizeof(uint64_t);
    return expected_.form.has_table ? std::ssize(segments_) * static_cast<int64_t>(of_segment) : 0;
  }
  void compile(const Target& target) const override {
    compile_ahead(
        codegen::cuda_name(*program_, expected_.form), [&] { return text(expected_.form); }, target.cuda.compute_capability / 10);
  }
  ir::KernelReport report(const Target& target) const override {
    ir::KernelReport out = report_of(text(expected_.form), target);
    out.threads = expected_.grids[0].width * expected_.grids[0].height;
    return out;
  }
  void prepare(const KernelCall& call) const override {
    Runtime& runtime = *static_cast<Runtime*>(call.device);
    auto& state = static_cast<GeneratedState&>(*call.state);
    state.plan = plan_for(addresses_of(call));
    state.function = loaded(runtime, codegen::cuda_name(*program_, state.plan.form), [&] { return text(state.plan.form); });
    std::vector<uint64_t> words = words_of(call, state.plan);
    if (state.plan.form.has_table && words != state.words) {
      if (!state.table.address()) state.table = runtime.memory().allocate(words.size() * sizeof(uint64_t), "launches");
      runtime.copy_in(state.table.address(), words.data(), words.size() * sizeof(uint64_t));
    }
    state.words = std::move(words);
  }
  void run(const KernelCall& call) const override {
    const auto& state = static_cast<GeneratedState&>(*call.state);
    launch_program(state.function, state.plan, static_cast<unsigned>(segments_.size()),
                   static_cast<Runtime*>(call.device)->stream(), state.words, state.table.address());
  }

 private:
  KernelText text(const codegen::CudaForm& form) const {
    return {codegen::cuda_name(*program_, form), {}, codegen::cuda_kernel(*program_, form)};
  }
  LaunchPlan plan_for(const std::vector<uint64_t>& addresses) const {
    const codegen::CudaForm form = codegen::cuda_form(*program_, segments_, addresses, card_);
    return {form, codegen::cuda_grids(*program_, segments_, form, card_)};
  }
  std::size_t scratch_of(const ir::Launch& segment, const LaunchPlan& plan) const {
    return codegen::cuda_scratch(*program_, segment, plan.form, plan.grids[0].parts);
  }
  std::vector<uint64_t> addresses_of(const KernelCall& call) const {
    std::vector<uint64_t> all;
    for (std::size_t i = 0; i < segments_.size() * static_cast<std::size_t>(memories_); ++i)
      all.push_back(reinterpret_cast<uint64_t>(call.operands[i]));
    return all;
  }
  std::vector<uint64_t> words_of(const KernelCall& call, const LaunchPlan& plan) const {
    codegen::CudaMemory memory{{}, reinterpret_cast<uint64_t>(call.scratch), call.respects_status ? call.card_status : 0};
    const std::vector<uint64_t> addresses = addresses_of(call);
    std::vector<uint64_t> all;
    for (std::size_t s = 0; s < segments_.size(); ++s) {
      const auto first = addresses.begin() + static_cast<std::ptrdiff_t>(s) * memories_;
      memory.addresses.assign(first, first + memories_);
      const auto words = codegen::cuda_words(*program_, segments_[s], plan.grids[0].parts, memory);
      memory.scratch += scratch_of(segments_[s], plan);
      all.insert(all.end(), words.begin(), words.end());
    }
    return all;
  }

  const std::shared_ptr<const ir::KernelProgram> program_;
  const std::vector<ir::Launch> segments_;
  const CudaProperties card_;
  LaunchPlan expected_;  // where all memory begins on addresses that are as round as can be
  int memories_ = 0;     // operands of a segment
};

// The driver's copy asks for no status word; ours does.
constexpr const char* kCopyText = R"cuda(
extern "C" __global__ void __launch_bounds__(256) copy_where_status_allows(char* to, const char* from, int64_t bytes, uint64_t status) {
  if (cornu::kernel::is_stopped(status)) return;
  cornu::kernel::with_unit(uint64_t(to) | uint64_t(from) | uint64_t(bytes), [&]<class Unit>(Unit) {
    const Unit* x = reinterpret_cast<const Unit*>(from);
    Unit* y = reinterpret_cast<Unit*>(to);
    for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < bytes / int64_t(sizeof(Unit)); i += int64_t(gridDim.x) * blockDim.x)
      y[i] = x[i];
  });
}
)cuda";

class CopyKernel final : public ir::Kernel {
 public:
  CopyKernel(int64_t bytes, const Target& target)
      : bytes_(static_cast<std::size_t>(bytes)),
        guarded_("copy", {{{"copy_where_status_allows", {}, kCopyText},
                           grid_for(bytes / 16, target),
                           {Argument::operand(1), Argument::operand(0), Argument::number(bytes), Argument::status()}}}) {}
  TargetKind kind() const override { return TargetKind::cuda; }
  std::string describe() const override { return "copy"; }
  std::unique_ptr<ir::KernelState> make_state() const override { return guarded_.make_state(); }
  void prepare(const KernelCall& call) const override {
    if (call.respects_status && call.card_status) guarded_.prepare(call);
  }
  void run(const KernelCall& call) const override {
    const Runtime& runtime = *static_cast<Runtime*>(call.device);
    if (bytes_ == 0) return;
    if (call.respects_status && call.card_status) return guarded_.run(call);
    runtime.gpu().make_current();
    CORNU_DRIVER_CALL(cuMemcpyDtoDAsync_v2, reinterpret_cast<CUdeviceptr>(call.operands[1]),
                      reinterpret_cast<CUdeviceptr>(call.operands[0]), bytes_, runtime.stream().handle());
  }

 private:
  const std::size_t bytes_;
  const TextKernel guarded_;
};

std::unique_ptr<ir::Kernel> make_program(std::shared_ptr<const ir::KernelProgram> program, std::vector<ir::Launch> segments,
                                         const Target& target) {
  return std::make_unique<GeneratedKernel>(std::move(program), std::move(segments), target.cuda);
}
std::unique_ptr<ir::Kernel> make_copy(int64_t bytes, const Target& target) { return std::make_unique<CopyKernel>(bytes, target); }

[[maybe_unused]] const bool registered = codegen::register_kernel_makers(TargetKind::cuda, {make_program, make_copy});

}  // namespace
}  // namespace cornu::cuda

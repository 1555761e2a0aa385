// Kernel programs and copies as kernels of a card.
#include <fmt/format.h>

#include "cornu/backend/cuda/calls.h"
#include "cornu/backend/cuda/text_kernel.h"
#include "cornu/codegen/cuda_text.h"
#include "cornu/codegen/make_kernel.h"

namespace cornu::cuda {
namespace {

using ir::KernelCall;

// The table of its launch's words on the card, which is written where an address has changed.
class GeneratedState final : public ir::KernelState {
 public:
  CUfunction function = nullptr;
  std::vector<uint64_t> words;
  devices::Allocator::Piece table;
};

class GeneratedKernel final : public ir::Kernel {
 public:
  GeneratedKernel(std::shared_ptr<const ir::KernelProgram> program, std::vector<ir::Launch> segments, const CudaProperties& card)
      : program_(std::move(program)), segments_(std::move(segments)) {
    // One form for all: that of the segment with most work.
    const ir::Launch* largest = &segments_.front();
    for (const ir::Launch& segment : segments_)
      if (points(segment) > points(*largest)) largest = &segment;
    form_ = codegen::cuda_form(*program_, *largest);
    grid_ = codegen::cuda_grid(*program_, *largest, form_, card);
    for (const auto& operand : program_->operands) memories_ += operand.access != ir::Access::index;
  }

  TargetKind kind() const override { return TargetKind::cuda; }
  std::string describe() const override {
    return fmt::format("{} ({} instructions{})", codegen::cuda_name(*program_, form_), program_->code.size(),
                       segments_.size() > 1 ? fmt::format(", {} segments", segments_.size()) : "");
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

  int64_t held_bytes() const override {
    const std::vector<uint64_t> addresses(static_cast<std::size_t>(memories_));
    int64_t words = 0;
    for (const ir::Launch& segment : segments_) words += std::ssize(codegen::cuda_words(*program_, segment, addresses));
    return words * int64_t{sizeof(uint64_t)};
  }
  ir::KernelReport report(const Target& target) const override {
    ir::KernelReport out = report_of(text(), target);
    out.threads = grid_.threads;
    return out;
  }
  void prepare(const KernelCall& call) const override {
    Runtime& runtime = *static_cast<Runtime*>(call.device);
    auto& state = static_cast<GeneratedState&>(*call.state);
    if (!state.function) state.function = loaded(runtime, codegen::cuda_name(*program_, form_), [&] { return text(); });
    if (std::vector<uint64_t> words = words_of(call); words != state.words) {
      if (!state.table.address()) state.table = runtime.memory().allocate(words.size() * sizeof(uint64_t), "launches");
      runtime.copy_in(state.table.address(), words.data(), words.size() * sizeof(uint64_t));
      state.words = std::move(words);
    }
  }
  void run(const KernelCall& call) const override {
    const Runtime& runtime = *static_cast<Runtime*>(call.device);
    const auto& state = static_cast<GeneratedState&>(*call.state);
    CUdeviceptr table = state.table.address();
    void* parameters[] = {&table};
    runtime.gpu().make_current();
    CORNU_DRIVER_CALL(cuLaunchKernel, state.function, grid_.blocks, static_cast<unsigned>(segments_.size()), 1, grid_.threads, 1,
                      1, 0, runtime.stream().handle(), parameters, nullptr);
  }

 private:
  KernelText text() const { return {codegen::cuda_name(*program_, form_), {}, codegen::cuda_kernel(*program_, form_)}; }
  static int64_t points(const ir::Launch& launch) {
    int64_t all = 1;
    for (const int64_t extent : launch.extents) all *= extent;
    return all;
  }
  std::vector<uint64_t> words_of(const KernelCall& call) const {
    std::vector<uint64_t> all;
    for (std::size_t s = 0; s < segments_.size(); ++s) {
      std::vector<uint64_t> addresses;
      for (int i = 0; i < memories_; ++i)
        addresses.push_back(reinterpret_cast<uint64_t>(call.operands[static_cast<int>(s) * memories_ + i]));
      const auto words = codegen::cuda_words(*program_, segments_[s], addresses, call.respects_status ? call.card_status : 0);
      all.insert(all.end(), words.begin(), words.end());
    }
    return all;
  }

  const std::shared_ptr<const ir::KernelProgram> program_;
  const std::vector<ir::Launch> segments_;
  codegen::CudaForm form_;
  codegen::CudaGrid grid_;
  int memories_ = 0;  // operands of a segment
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

// Kernel programs and copies as kernels of a card.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "cornu/backend/cuda/calls.h"
#include "cornu/backend/cuda/cubin.h"
#include "cornu/backend/cuda/kernel_cache.h"
#include "cornu/backend/cuda/nvrtc.h"
#include "cornu/backend/cuda/runtime.h"
#include "cornu/codegen/cuda_text.h"
#include "cornu/codegen/make_kernel.h"

namespace cornu::cuda {
namespace {

using ir::KernelCall;

// A kernel that is loaded on a card, for all programs that have it.
CUfunction loaded(const Runtime& runtime, const std::string& name, const std::function<std::string()>& text) {
  static std::mutex mutex;
  static auto* modules = new std::map<std::pair<int, std::string>, std::unique_ptr<Module>>;
  const std::lock_guard lock(mutex);
  auto& module = (*modules)[{runtime.gpu().ordinal(), name}];
  if (!module) {
    const std::string whole = codegen::cuda_prologue() + text();
    module = std::make_unique<Module>(runtime.gpu(), KernelCache::of_user().cubin(whole, runtime.architecture()));
  }
  return module->find(name.c_str());
}

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
    if (!opened<Nvrtc>().problem.empty()) return {};
    const std::string text = codegen::cuda_prologue() + codegen::cuda_kernel(*program_, form_);
    return {.details = told(KernelCache::of_user().cubin(text, target.cuda.compute_capability / 10),
                            codegen::cuda_name(*program_, form_))};
  }
  void prepare(const KernelCall& call) const override {
    Runtime& runtime = *static_cast<Runtime*>(call.device);
    auto& state = static_cast<GeneratedState&>(*call.state);
    if (!state.function)
      state.function =
          loaded(runtime, codegen::cuda_name(*program_, form_), [&] { return codegen::cuda_kernel(*program_, form_); });
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
  // "40 registers, 1024 bytes shared"; empty of what is no cubin.
  static std::string told(const std::string& cubin, const std::string& name) {
    try {
      const auto all = kernels_of(cubin);
      const auto found = std::ranges::find(all, name, &CubinKernel::name);
      if (found == all.end()) return {};
      const CubinKernel& kernel = *found;
      return fmt::format("{} registers{}{}", kernel.registers,
                         kernel.shared_bytes ? fmt::format(", {} bytes shared", kernel.shared_bytes) : "",
                         kernel.stack_bytes ? fmt::format(", {} bytes spilled", kernel.stack_bytes) : "");
    } catch (const ValueError&) {
      return {};
    }
  }
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
      const auto words = codegen::cuda_words(*program_, segments_[s], addresses);
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

class CopyKernel final : public ir::Kernel {
 public:
  explicit CopyKernel(int64_t bytes) : bytes_(static_cast<std::size_t>(bytes)) {}
  TargetKind kind() const override { return TargetKind::cuda; }
  std::string describe() const override { return "copy"; }
  void run(const KernelCall& call) const override {
    const Runtime& runtime = *static_cast<Runtime*>(call.device);
    if (bytes_ == 0) return;
    runtime.gpu().make_current();
    CORNU_DRIVER_CALL(cuMemcpyDtoDAsync_v2, reinterpret_cast<CUdeviceptr>(call.operands[1]),
                      reinterpret_cast<CUdeviceptr>(call.operands[0]), bytes_, runtime.stream().handle());
  }

 private:
  const std::size_t bytes_;
};

std::unique_ptr<ir::Kernel> make_program(std::shared_ptr<const ir::KernelProgram> program, std::vector<ir::Launch> segments,
                                         const Target& target) {
  return std::make_unique<GeneratedKernel>(std::move(program), std::move(segments), target.cuda);
}
std::unique_ptr<ir::Kernel> make_copy(int64_t bytes) { return std::make_unique<CopyKernel>(bytes); }

[[maybe_unused]] const bool registered = codegen::register_kernel_makers(TargetKind::cuda, {make_program, make_copy});

}  // namespace
}  // namespace cornu::cuda

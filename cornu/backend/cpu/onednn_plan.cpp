#include "cornu/backend/cpu/onednn_plan.h"

#include <omp.h>

#include <algorithm>
#include <cstring>
#include <list>
#include <map>
#include <mutex>

namespace cornu::backend::cpu::onednn {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t aligned(std::size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// The size of the OpenMP team that oneDNN sees, for this thread and this scope.
class TeamSize {
 public:
  explicit TeamSize(int threads) : before_(omp_get_max_threads()), threads_(threads) {
    if (threads_ != before_) omp_set_num_threads(threads_);
  }
  ~TeamSize() {
    if (threads_ != before_) omp_set_num_threads(before_);
  }
  TeamSize(const TeamSize&) = delete;

 private:
  int before_, threads_;
};

// Plans by what they do. A primitive takes 0.3 ms to generate, so equal ones are shared by all programs of the process;
// those that no program holds any more go when there are too many.
class PlanCache {
 public:
  PlanPtr get(const std::string& key, int threads, const Planner& planner) {
    std::lock_guard lock(mutex_);
    const auto full_key = std::make_pair(key, threads);
    if (auto found = plans_.find(full_key); found != plans_.end()) return found->second;
    TeamSize team(threads);
    auto plan = planner();
    if (plans_.size() >= kMost) std::erase_if(plans_, [](const auto& item) { return item.second.use_count() <= 1; });
    return plans_[full_key] = std::move(plan);
  }
  static PlanCache& instance() {
    static PlanCache cache;
    return cache;
  }

 private:
  static constexpr std::size_t kMost = 1024;
  std::mutex mutex_;
  std::map<std::pair<std::string, int>, PlanPtr> plans_;
};

// A plan's memory objects, made once; a run only sets their addresses.
class Execution {
 public:
  explicit Execution(PlanPtr plan) : plan_(std::move(plan)) {
    for (const Step& step : plan_->steps) {
      auto& arguments = arguments_.emplace_back();
      for (const Argument& a : step.arguments) {
        memories_.push_back({memory(a.desc, engine(), DNNL_MEMORY_NONE), nullptr, a.operand, a.offset});
        arguments.push_back({a.id, memories_.back().memory.get()});
      }
    }
  }
  void run(void* const* operands, std::byte* scratch) {
    thread_local const dnnl::stream stream(engine());
    for (auto& m : memories_) m.bind(m.operand == kScratch ? scratch + m.offset : operands[m.operand]);
    for (std::size_t i = 0; i < arguments_.size(); ++i)
      dnnl::error::wrap_c_api(
          dnnl_primitive_execute(plan_->steps[i].primitive.get(), stream.get(), int(arguments_[i].size()), arguments_[i].data()),
          "oneDNN could not run a primitive");
  }
  std::size_t scratch_bytes() const { return plan_->scratch_bytes; }

 private:
  struct Bound {
    dnnl::memory memory;
    void* address;
    int operand;
    std::size_t offset;
    void bind(void* to) {
      if (to != address) memory.set_data_handle(address = to);
    }
  };
  PlanPtr plan_;
  std::list<Bound> memories_;
  std::vector<std::vector<dnnl_exec_arg_t>> arguments_;
};

// A primitive is generated for a number of threads. A program is run with the same number nearly always; another number
// gets a plan of its own on its first run.
class State final : public ir::KernelState {
 public:
  State(std::string key, Planner planner, std::optional<InPlace> in_place)
      : key_(std::move(key)), planner_(std::move(planner)), in_place_(std::move(in_place)) {}
  void run(const ir::KernelCall& call, int threads, std::size_t scratch_given) {
    TeamSize team(threads);
    if (in_place_) copy_to_result(call, threads);
    Execution& execution = of(threads);
    std::byte* scratch = call.scratch;
    if (execution.scratch_bytes() > scratch_given) {
      own_.resize(execution.scratch_bytes() + kAlignment);
      scratch = own_.data() + (kAlignment - reinterpret_cast<uintptr_t>(own_.data()) % kAlignment);
    }
    execution.run(call.operands, scratch);
  }

 private:
  void copy_to_result(const ir::KernelCall& call, int threads) const {
    const auto* from = call.operand<std::byte>(in_place_->input);
    auto* to = call.operand<std::byte>(in_place_->result);
    if (from == to) return;
    const auto bytes = int64_t(in_place_->bytes),
               part = (bytes / threads + int64_t(kAlignment)) / int64_t(kAlignment) * int64_t(kAlignment);
#pragma omp parallel for num_threads(threads)
    for (int64_t at = 0; at < bytes; at += part) std::memcpy(to + at, from + at, std::size_t(std::min(part, bytes - at)));
  }
  Execution& of(int threads) {
    auto found = executions_.find(threads);
    if (found != executions_.end()) return found->second;
    const auto plan = PlanCache::instance().get(key_, threads, planner_);
    CORNU_CHECK(plan, "oneDNN has no such kernel for {} threads.", threads);
    return executions_.emplace(threads, Execution(plan)).first->second;
  }
  std::string key_;
  Planner planner_;
  std::optional<InPlace> in_place_;
  std::map<int, Execution> executions_;
  std::vector<std::byte> own_;  // only where a plan wants more scratch than the one that the kernel was made with
};

class PlannedKernel final : public ir::Kernel {
 public:
  PlannedKernel(std::string name, std::string key, Planner planner, PlanPtr plan, int most_threads,
                std::optional<InPlace> in_place)
      : name_(std::move(name)),
        key_(std::move(key)),
        planner_(std::move(planner)),
        plan_(std::move(plan)),
        most_threads_(most_threads),
        in_place_(std::move(in_place)) {}
  std::string describe() const override { return fmt::format("onednn {} [{}]", name_, plan_->implementation); }
  std::size_t scratch_bytes() const override { return plan_->scratch_bytes; }
  std::vector<std::pair<int, int>> in_place() const override {
    return in_place_ ? std::vector{std::pair(in_place_->input, in_place_->result)} : std::vector<std::pair<int, int>>();
  }
  std::unique_ptr<ir::KernelState> make_state() const override { return std::make_unique<State>(key_, planner_, in_place_); }
  void run(const ir::KernelCall& call) const override {
    static_cast<State*>(call.state)->run(call, std::min(call.threads, most_threads_), scratch_bytes());
  }

 private:
  std::string name_, key_;
  Planner planner_;
  PlanPtr plan_;
  int most_threads_;
  std::optional<InPlace> in_place_;
};

}  // namespace

const dnnl::engine& engine() {
  static const dnnl::engine one(dnnl::engine::kind::cpu, 0);
  return one;
}

std::size_t Plan::reserve(const memory::desc& desc) {
  const std::size_t offset = scratch_bytes;
  scratch_bytes += aligned(desc.get_size());
  return offset;
}

void Plan::add_reorder(const Argument& from, const Argument& to) {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::reorder::primitive_desc pd(engine(), from.desc, engine(), to.desc, attr);
  add(pd, dnnl::reorder(pd),
      {{DNNL_ARG_FROM, from.desc, from.operand, from.offset}, {DNNL_ARG_TO, to.desc, to.operand, to.offset}});
}

std::unique_ptr<ir::Kernel> planned(std::string name, std::string key, Planner planner, int most_threads,
                                    std::optional<InPlace> in_place) {
  key = name + key;
  auto plan = PlanCache::instance().get(key, std::min(omp_get_max_threads(), most_threads), planner);
  if (!plan) return nullptr;
  return std::make_unique<PlannedKernel>(std::move(name), std::move(key), std::move(planner), std::move(plan), most_threads,
                                         std::move(in_place));
}

}  // namespace cornu::backend::cpu::onednn

// Plans that were made before: in this process, or on disk in cuDNN's own words, with the kernels that it compiled.
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "cornu/backend/cuda/cudnn/plan.h"
#include "cornu/backend/cuda/kernel/disk_cache.h"
#include "cornu/base/log.h"

namespace cornu::cuda {
namespace {

struct Plans {
  std::mutex mutex;
  std::map<std::pair<int, std::string>, std::weak_ptr<const CudnnPlan>> of_key;  // by the card and the key
};
Plans& plans() {
  static auto* all = new Plans;
  return *all;
}

DiskCache on_disk() { return {DiskCache::user_folder("plans"), ".plan"}; }

std::string key_of(const CudnnDevice& device, const CudnnGraph& graph, const CudnnPolicy& policy) {
  return fmt::format("cudnn {} for {}\n{}{}{} workspace {}\n{}", cudnn().cudnnGetVersion(), device.model(),
                     policy.uses_tensor_cores ? "tensor cores, " : "", policy.is_deterministic ? "deterministic, " : "",
                     policy.is_timed ? "timed, " : "", policy.most_workspace, graph.text());
}

}  // namespace

std::string CudnnPlan::text() const {
  return nlohmann::json{{"engine", chosen_.engine},
                        {"compiled", chosen_.is_compiled},
                        {"plan", chosen_.plan.get_text(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION)}}
      .dump();
}

// None where the text is no plan, or cuDNN does not take it.
std::optional<CudnnPlan::Chosen> CudnnPlan::chosen_of(const std::string& text, const CudnnDevice& device) try {
  const auto json = nlohmann::json::parse(text);
  const auto alone = device.alone();
  Chosen out;
  out.plan.set(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, json.at("plan").get<std::string>());
  if (!out.finalize(device)) return std::nullopt;
  out.engine = json.at("engine");
  out.is_compiled = json.at("compiled");
  return out;
} catch (const std::exception& refusal) {
  log::debug("a plan of the cache is not taken: {}", refusal.what());
  return std::nullopt;
}

std::shared_ptr<const CudnnPlan> CudnnPlan::found_or_chosen(const CudnnDevice& device, const std::string& key, CudnnGraph graph,
                                                            const CudnnPolicy& policy, Runtime* runtime) {
  std::shared_ptr<CudnnPlan> plan(new CudnnPlan(std::move(graph)));
  if (const auto kept = on_disk().find(key))
    if (auto chosen = chosen_of(*kept, device)) {
      plan->chosen_ = std::move(*chosen);
      return plan;
    }
  if (plan->choose(device, policy, runtime)) on_disk().keep(key, plan->text());
  return plan;
}

// Two threads that come at once may both choose.
std::shared_ptr<const CudnnPlan> CudnnPlan::of(Runtime& runtime, CudnnGraph graph, const CudnnPolicy& policy) {
  const CudnnDevice device(runtime.gpu());
  const std::string key = key_of(device, graph, policy);
  const std::pair place(runtime.gpu().ordinal(), key);
  auto& [mutex, of_key] = plans();
  {
    const std::lock_guard lock(mutex);
    if (auto plan = of_key[place].lock()) return plan;
  }
  auto plan = found_or_chosen(device, key, std::move(graph), policy, &runtime);
  const std::lock_guard lock(mutex);
  of_key[place] = plan;
  return plan;
}

std::shared_ptr<const CudnnPlan> CudnnPlan::of(const CudaProperties& card, CudnnGraph graph, CudnnPolicy policy) {
  policy.is_timed = false;
  const CudnnDevice device(card);
  const std::string key = key_of(device, graph, policy);
  return found_or_chosen(device, key, std::move(graph), policy, nullptr);
}

}  // namespace cornu::cuda

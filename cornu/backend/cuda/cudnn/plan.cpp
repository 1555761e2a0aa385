#include "cornu/backend/cuda/cudnn/plan.h"

#include <algorithm>
#include <atomic>

#include "cornu/backend/cuda/autotune.h"

namespace cornu::cuda {
namespace {

// More than cuDNN ever proposes in one mode.
constexpr std::size_t kMostProposals = 64;

std::atomic<int64_t> plans_chosen = 0;

bool allows(const CudnnPolicy& policy, const std::vector<CudnnValue>& notes) {
  const auto has = [&](CudnnValue note) { return std::ranges::find(notes, note) != notes.end(); };
  if (policy.is_deterministic && has(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC)) return false;
  if (has(CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS)) return false;  // float32 as 16-bit floats
  return policy.uses_tensor_cores || !has(CUDNN_NUMERICAL_NOTE_TENSOR_CORE);
}

void execute(const CudnnDevice& device, const Stream& stream, const CudnnDescriptor& plan, std::span<const CUdeviceptr> operands,
             CUdeviceptr workspace) {
  std::vector<std::int64_t> ids;
  std::vector<void*> addresses;
  const auto pointer = [](CUdeviceptr at) { return reinterpret_cast<void*>(static_cast<uintptr_t>(at)); };
  for (const CUdeviceptr at : operands) {
    ids.push_back(std::ssize(ids) + 1);
    addresses.push_back(pointer(at));
  }
  void* const scratch = pointer(workspace);
  CudnnDescriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, ids);
  pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, std::ssize(addresses), addresses.data());
  pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &scratch);
  pack.finalize();
  const auto alone = device.alone();
  must(cudnn().cudnnSetStream(device.handle(), stream.handle()), "cudnnSetStream");
  must(cudnn().cudnnBackendExecute(device.handle(), plan.handle(), pack.handle()), "cudnnBackendExecute");
}

}  // namespace

int64_t cudnn_plans_chosen() { return plans_chosen; }

CudnnPlan::CudnnPlan(Runtime& runtime, CudnnGraph graph, const CudnnPolicy& policy) : graph_(std::move(graph)) {
  choose(CudnnDevice(runtime.gpu()), policy, &runtime);
}
CudnnPlan::CudnnPlan(const CudaProperties& card, CudnnGraph graph, const CudnnPolicy& policy) : graph_(std::move(graph)) {
  choose(CudnnDevice(card), policy, nullptr);
}

bool CudnnPlan::choose(const CudnnDevice& device, const CudnnPolicy& policy, Runtime* runtime) {
  ++plans_chosen;
  std::vector<Chosen> allowed = candidates(device, policy, policy.is_timed && runtime ? kMostTried : 1);
  std::optional<std::size_t> best = 0;
  if (allowed.size() > 1) {
    const auto run = [&](std::size_t which, std::span<const CUdeviceptr> operands, CUdeviceptr workspace) {
      execute(device, runtime->stream(), allowed[which].plan, operands, workspace);
    };
    best = fastest_of(allowed.size(), {graph_.operand_bytes(), policy.most_workspace, run}, *runtime);
  }
  chosen_ = std::move(allowed[best.value_or(0)]);
  return best.has_value();
}

// In cuDNN's order; at least one.
std::vector<CudnnPlan::Chosen> CudnnPlan::candidates(const CudnnDevice& device, const CudnnPolicy& policy, std::size_t most) {
  const auto alone = device.alone();
  graph_.finalize(device.handle());
  std::vector<Chosen> out;
  for (const CudnnValue mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    CudnnDescriptor heuristic(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    heuristic.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph_.descriptor());
    heuristic.set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, mode);
    if (device.properties()) heuristic.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *device.properties());
    if (heuristic.try_finalize() != CUDNN_STATUS_SUCCESS) continue;
    std::vector<CudnnDescriptor> proposals;
    while (proposals.size() < kMostProposals) proposals.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    const std::size_t count = heuristic.get(CUDNN_ATTR_ENGINEHEUR_RESULTS, proposals);
    for (const CudnnDescriptor& proposal : std::span(proposals).first(count)) {
      if (auto taken = take(device, proposal, policy)) out.push_back(std::move(*taken));
      if (out.size() == most) return out;
    }
    if (!out.empty()) return out;
  }
  char said[256] = {};
  cudnn().cudnnGetLastErrorString(said, sizeof said);
  throw error<DeviceError>("cuDNN has no engine for this graph{}{}", *said ? ": " : "", said);
}

std::optional<CudnnPlan::Chosen> CudnnPlan::take(const CudnnDevice& device, const CudnnDescriptor& configuration,
                                                 const CudnnPolicy& policy) {
  std::vector<CudnnDescriptor> engine;
  engine.emplace_back(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  configuration.get(CUDNN_ATTR_ENGINECFG_ENGINE, engine);
  if (!allows(policy, engine[0].get_values(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE))) return std::nullopt;

  Chosen out;
  out.plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration);
  if (!out.finalize(device) || out.workspace_bytes > policy.most_workspace) return std::nullopt;
  out.engine = engine[0].get(CUDNN_ATTR_ENGINE_GLOBAL_INDEX);
  const auto notes = engine[0].get_values(CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, CUDNN_TYPE_BEHAVIOR_NOTE);
  out.is_compiled = std::ranges::find(notes, CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION) != notes.end();
  return out;
}

bool CudnnPlan::Chosen::finalize(const CudnnDevice& device) {
  const cudnnHandle_t handle = device.handle();
  if (device.properties()) plan.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, *device.properties());
  else plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle);
  if (plan.try_finalize() != CUDNN_STATUS_SUCCESS) return false;
  workspace_bytes = static_cast<std::size_t>(plan.get(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE));
  return true;
}

void CudnnPlan::run(const Stream& stream, std::span<const CUdeviceptr> operands, CUdeviceptr workspace) const {
  CORNU_CHECK(operands.size() == graph_.operand_bytes().size());
  execute(CudnnDevice(stream.gpu()), stream, chosen_.plan, operands, workspace);
}

}  // namespace cornu::cuda

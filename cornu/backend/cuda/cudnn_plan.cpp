#include "cornu/backend/cuda/cudnn_plan.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "cornu/backend/cuda/gpu.h"

namespace cornu::cuda {
namespace {

// More than cuDNN ever proposes in one mode.
constexpr std::size_t kMostProposals = 64;

// A handle is of one thread at a time.
std::mutex& handle_mutex() {
  static auto* mutex = new std::mutex;
  return *mutex;
}

// One a card, kept to the end of the process.
cudnnHandle_t handle_of(const Gpu& gpu) {
  static auto* handles = new std::map<int, cudnnHandle_t>;
  gpu.make_current();
  cudnnHandle_t& handle = (*handles)[gpu.ordinal()];
  if (!handle) must(cudnn().cudnnCreate(&handle), "cudnnCreate");
  return handle;
}

// cuDNN's device property descriptor wants every key; those that no engine depends on have one value.
std::string properties_of(const CudaProperties& card) {
  return nlohmann::json{
      {"maxGridSize", card.max_grid},
      {"maxBlockSize", card.max_block},
      {"regsPerBlock", card.registers_per_block},
      {"multiProcessorCount", card.multiprocessors},
      {"warpSize", card.warp_size},
      {"maxSharedMemoryPerBlock", card.shared_memory_per_block},
      {"maxSharedMemoryPerBlockOptin", card.shared_memory_per_block_optin},
      {"reservedSharedMemoryPerBlock", card.reserved_shared_memory_per_block},
      {"maxRegistersPerSM", card.registers_per_multiprocessor},
      {"maxCtasPerSM", card.blocks_per_multiprocessor},
      {"maxThreadsPerBlock", card.threads_per_block},
      {"maxThreadsPerSM", card.threads_per_multiprocessor},
      {"pciDeviceId", 0},
      {"isTccDriver", 0},
      {"supportCoopLaunch", 1},
      {"totalGlobalMem", card.total_memory},
      {"smClockRateKHz", card.clock_khz},
      {"memClockRateKHz", card.memory_clock_khz},
      {"l2CacheSize", card.l2_cache},
      {"cudaDeviceId", 0},
      {"deviceVer", card.compute_capability},
      {"driverVer", 13000},
      {"deviceName", card.device_name},
  }
      .dump();
}

CudnnDescriptor described(const CudaProperties& card) {
  CudnnDescriptor out(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  out.set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, properties_of(card));
  out.finalize();
  return out;
}

bool allows(const CudnnPolicy& policy, const std::vector<CudnnValue>& notes) {
  const auto has = [&](CudnnValue note) { return std::ranges::find(notes, note) != notes.end(); };
  if (policy.is_deterministic && has(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC)) return false;
  if (has(CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS)) return false;  // float32 as 16-bit floats
  return policy.uses_tensor_cores || !has(CUDNN_NUMERICAL_NOTE_TENSOR_CORE);
}

}  // namespace

// A card in use or one that is described.
struct CudnnPlan::Device {
  cudnnHandle_t handle = nullptr;
  std::optional<CudnnDescriptor> properties;
};

CudnnPlan::CudnnPlan(const Gpu& gpu, CudnnGraph graph, const CudnnPolicy& policy) : gpu_(&gpu), graph_(std::move(graph)) {
  const std::lock_guard lock(handle_mutex());
  choose({handle_of(gpu), {}}, policy);
}
CudnnPlan::CudnnPlan(const CudaProperties& card, CudnnGraph graph, const CudnnPolicy& policy) : graph_(std::move(graph)) {
  choose({nullptr, described(card)}, policy);
}

void CudnnPlan::choose(const Device& device, const CudnnPolicy& policy) {
  graph_.finalize(device.handle);
  for (const CudnnValue mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    CudnnDescriptor heuristic(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    heuristic.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph_.descriptor());
    heuristic.set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, mode);
    if (device.properties) heuristic.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *device.properties);
    if (heuristic.try_finalize() != CUDNN_STATUS_SUCCESS) continue;
    std::vector<CudnnDescriptor> proposals;
    while (proposals.size() < kMostProposals) proposals.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    const std::size_t count = heuristic.get(CUDNN_ATTR_ENGINEHEUR_RESULTS, proposals);
    if (std::ranges::any_of(std::span(proposals).first(count),
                            [&](const auto& proposal) { return take(device, proposal, policy); }))
      return;
  }
  char said[256] = {};
  cudnn().cudnnGetLastErrorString(said, sizeof said);
  throw error<DeviceError>("cuDNN has no engine for this graph{}{}", *said ? ": " : "", said);
}

bool CudnnPlan::take(const Device& device, const CudnnDescriptor& configuration, const CudnnPolicy& policy) {
  std::vector<CudnnDescriptor> engine;
  engine.emplace_back(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  configuration.get(CUDNN_ATTR_ENGINECFG_ENGINE, engine);
  if (!allows(policy, engine[0].get_values(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE))) return false;

  CudnnDescriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration);
  if (device.properties) plan.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, *device.properties);
  else plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &device.handle);
  if (plan.try_finalize() != CUDNN_STATUS_SUCCESS) return false;
  const auto workspace = static_cast<std::size_t>(plan.get(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE));
  if (workspace > policy.most_workspace) return false;

  workspace_bytes_ = workspace;
  engine_ = engine[0].get(CUDNN_ATTR_ENGINE_GLOBAL_INDEX);
  const auto notes = engine[0].get_values(CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, CUDNN_TYPE_BEHAVIOR_NOTE);
  is_compiled_ = std::ranges::find(notes, CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION) != notes.end();
  plan_ = std::move(plan);
  return true;
}

void CudnnPlan::run(const Stream& stream, std::span<const CUdeviceptr> operands, CUdeviceptr workspace) const {
  CORNU_CHECK(gpu_ && std::ssize(operands) == graph_.operands());
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
  const std::lock_guard lock(handle_mutex());
  const cudnnHandle_t handle = handle_of(*gpu_);
  must(cudnn().cudnnSetStream(handle, stream.handle()), "cudnnSetStream");
  must(cudnn().cudnnBackendExecute(handle, plan_->handle(), pack.handle()), "cudnnBackendExecute");
}

}  // namespace cornu::cuda

// What a profiler brings for NVTX: the ranges that it is told of are recorded like calls.
#include <string>

#include "cornu/backend/cuda/library/nvtx.h"
#include "tests/virtual_gpu/script.h"

namespace cornu::cuda {
namespace {

thread_local int depth = 0;

int push(const char* text) {
  virtual_gpu::enter(("range " + std::string(text)).c_str());
  return depth++;
}
int pop() {
  if (depth == 0) virtual_gpu::violation("NVTX: a range ends that has not begun");
  return --depth;
}

}  // namespace

extern "C" VIRTUAL_GPU_EXPORT int InitializeInjectionNvtx2(NvtxGetExportTable tables) {
  const auto* callbacks = static_cast<const NvtxExportTableCallbacks*>(tables(NVTX_ETID_CALLBACKS));
  NvtxEntryPoint** table = nullptr;
  unsigned entries = 0;
  if (!callbacks || !callbacks->GetModuleFunctionTable(NVTX_CB_MODULE_CORE, &table, &entries)) return 0;
  if (entries < NVTX_CBID_CORE_SIZE) virtual_gpu::violation("NVTX: a short table");
  *table[NVTX_CBID_CORE_RangePushA] = reinterpret_cast<NvtxEntryPoint>(push);
  *table[NVTX_CBID_CORE_RangePop] = reinterpret_cast<NvtxEntryPoint>(pop);
  return 1;
}

}  // namespace cornu::cuda

// libcuda.so.1: what other libraries ask it for when they find it: NVIDIA's own, the real NVRTC and cuDNN among them, and our doubles.
#include <dlfcn.h>

#include "tests/virtual_gpu/entry.h"
#include "tests/virtual_gpu/others.h"
#include "tests/virtual_gpu/work.h"

namespace cornu::cuda {

extern "C" {

extern VIRTUAL_GPU_EXPORT const virtual_gpu::Others virtual_gpu_for_others;
const virtual_gpu::Others virtual_gpu_for_others = {
    [] { return virtual_gpu::current_context() != nullptr; },
    [] {
      const CUcontext context = virtual_gpu::current_context();
      if (!context) return 0;
      const auto& [major, minor] = context->card.compute_capability;
      return 10 * major + minor;
    },
    [](const void* at, std::size_t bytes) {
      const std::lock_guard serving(virtual_gpu::machine());
      const CUcontext context = virtual_gpu::current_context();
      return context && context->memory.is_accessible(reinterpret_cast<uintptr_t>(at), bytes);
    },
    [](CUstream stream, const char* name, std::function<void()> work) {
      const std::lock_guard serving(virtual_gpu::machine());
      if (!virtual_gpu::is_stream(stream)) return CUDA_ERROR_INVALID_HANDLE;
      return virtual_gpu::enqueue(*stream, std::move(work), {.kind = virtual_gpu::Activity::Kind::kernel, .name = name});
    },
    virtual_gpu::used_memory,
    [](virtual_gpu::Observer observer) {
      const std::lock_guard serving(virtual_gpu::machine());
      virtual_gpu::observe(std::move(observer));
    }};

// Its tables are private to NVIDIA; there are none here.
VIRTUAL_GPU_EXPORT CUresult cuGetExportTable(const void** table, const CUuuid*) {
  virtual_gpu::enter("cuGetExportTable");
  *table = nullptr;
  return CUDA_ERROR_NOT_FOUND;
}

VIRTUAL_GPU_EXPORT CUresult cuGetProcAddress(const char* symbol, void** function, int, unsigned long long) {
  virtual_gpu::enter("cuGetProcAddress");
  *function = dlsym(RTLD_DEFAULT, symbol);
  return *function ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}

}  // extern "C"
}  // namespace cornu::cuda
